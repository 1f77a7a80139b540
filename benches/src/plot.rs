//! The ratios as a bar chart. Knows rows, draws SVG.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::report::Row;

/// Draws every workload that has a ratio.
pub fn draw(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let bars: Vec<_> = rows.iter().filter(|row| row.is_ratio()).collect();
    let height = 80 + 26 * u32::try_from(bars.len())?;
    let area = SVGBackend::new(path, (860, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let most = bars.iter().map(|row| row.ratio).fold(1.2, f64::max);
    let scale = 460.0 / most;
    let text = |size: u32| ("sans-serif", size).into_font().color(&BLACK);
    area.draw_text(
        "Operations per second, as a ratio to blocking system calls (1.0: the line)",
        &text(16),
        (16, 16),
    )?;
    for (line, row) in bars.iter().enumerate() {
        let top = 52 + 26 * i32::try_from(line)?;
        let end = 260 + (row.ratio * scale).round() as i32;
        let color = if row.ratio >= 1.0 {
            RGBColor(46, 125, 50)
        } else {
            RGBColor(21, 101, 192)
        };
        area.draw_text(
            &format!("{} ({})", row.workload, row.runtime),
            &text(14),
            (16, top + 2),
        )?;
        area.draw(&Rectangle::new(
            [(260, top), (end, top + 18)],
            color.filled(),
        ))?;
        area.draw_text(&format!("{:.2}", row.ratio), &text(14), (end + 6, top + 2))?;
    }
    let one = 260 + scale.round() as i32;
    let bottom = i32::try_from(height)? - 20;
    area.draw(&PathElement::new(
        vec![(one, 44), (one, bottom)],
        BLACK.stroke_width(1),
    ))?;
    area.present()?;
    Ok(())
}
