//! The balance sheet: figures, and lines of which each must hold. Knows nothing of netlink.

use std::fmt;
use std::process::ExitCode;

/// What a command found.
#[derive(Debug, Default)]
pub(crate) struct Sheet(Vec<Line>);

#[derive(Debug)]
enum Line {
    Title(String),
    Figure(String, String),
    Balance {
        name: String,
        left: u64,
        relation: &'static str,
        right: u64,
        holds: bool,
    },
}

impl Sheet {
    /// Begins a part.
    pub(crate) fn title(&mut self, title: impl Into<String>) {
        self.0.push(Line::Title(title.into()));
    }

    /// Says something that need not balance.
    pub(crate) fn figure(&mut self, name: impl Into<String>, value: impl fmt::Display) {
        self.0.push(Line::Figure(name.into(), value.to_string()));
    }

    /// Two numbers that must be the same.
    pub(crate) fn equal(&mut self, name: impl Into<String>, left: u64, right: u64) {
        self.balance(name, left, "=", right, left == right);
    }

    /// A number that must not be above another.
    pub(crate) fn at_most(&mut self, name: impl Into<String>, left: u64, right: u64) {
        self.balance(name, left, "<=", right, left <= right);
    }

    /// A number that must not be below another.
    pub(crate) fn at_least(&mut self, name: impl Into<String>, left: u64, right: u64) {
        self.balance(name, left, ">=", right, left >= right);
    }

    fn balance(
        &mut self,
        name: impl Into<String>,
        left: u64,
        relation: &'static str,
        right: u64,
        holds: bool,
    ) {
        self.0.push(Line::Balance {
            name: name.into(),
            left,
            relation,
            right,
            holds,
        });
    }

    /// Success if all of it balances.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.broken() == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// How many of its lines do not balance.
    pub(crate) fn broken(&self) -> usize {
        let broken = |line: &&Line| matches!(line, Line::Balance { holds: false, .. });
        self.0.iter().filter(broken).count()
    }
}

impl Sheet {
    /// Takes over the lines of another.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes over the lines of another that do not balance.
    pub(crate) fn take_broken(&mut self, other: Self) {
        let broken = |line: &Line| matches!(line, Line::Balance { holds: false, .. });
        self.0.extend(other.0.into_iter().filter(broken));
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            match line {
                Line::Title(title) => writeln!(f, "\n{title}")?,
                Line::Figure(name, value) => writeln!(f, "  {name:<44} {value:>12}")?,
                Line::Balance {
                    name,
                    left,
                    relation,
                    right,
                    holds,
                } => {
                    let verdict = if *holds { "ok" } else { "BROKEN" };
                    writeln!(
                        f,
                        "  {name:<44} {left:>12} {relation:>2} {right:<12} {verdict}"
                    )?;
                }
            }
        }
        match self.broken() {
            0 => writeln!(f, "\nbalances"),
            broken => writeln!(f, "\n{broken} lines DO NOT BALANCE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;

    #[test]
    fn one_line_that_does_not_hold_breaks_the_sheet() {
        let mut sheet = Sheet::default();
        sheet.equal("same", 3, 3);
        sheet.at_most("small", 3, 4);
        sheet.at_least("large", 4, 3);
        assert!(sheet.to_string().ends_with("\nbalances\n"));
        for broken in [
            |sheet: &mut Sheet| sheet.equal("a", 1, 2),
            |sheet: &mut Sheet| sheet.at_most("b", 2, 1),
            |sheet: &mut Sheet| sheet.at_least("c", 1, 2),
        ] {
            let mut sheet = Sheet::default();
            broken(&mut sheet);
            assert!(sheet.to_string().contains("DO NOT BALANCE"));
        }
    }
}
