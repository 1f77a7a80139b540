//! Rules.

use netlane::Error;
use netlane_route::{
    Family, PortRange, RouteHandle, RouteProtocol, Rule, RuleAction, RuleFlags, UidRange,
};
use netlane_testkit::in_namespace;

use crate::common::{EEXIST, ENOENT, all, errno, run};

#[test]
fn a_rule_is_added_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let rules = handle.rules();
            let before = all(rules.list()).await?.len();
            let add = || {
                rules.add(Family::INET, |rule| {
                    rule.priority(100)
                        .table(1000)
                        .source([192, 0, 2, 0].into())
                        .source_len(24)
                        .destination([198, 51, 100, 1].into())
                        .destination_len(32)
                        .input("lo")
                        .output("eth9")
                        .mark(7)
                        .mark_mask(0xff)
                        .ip_protocol(6)
                        .source_ports(PortRange {
                            start: 1000,
                            end: 2000,
                        })
                        .destination_ports(PortRange { start: 80, end: 80 })
                        .uid_range(UidRange { start: 0, end: 0 })
                        .suppress_prefix_len(0)
                        .protocol(RouteProtocol::STATIC)
                        .flags(RuleFlags::INVERT)
                })
            };
            add().await?;
            assert_eq!(errno(add().await), Some(EEXIST));

            let list = all(handle.list(&Rule::dump().family(Family::INET))).await?;
            let rule = list
                .iter()
                .map(|rule| rule.view())
                .find(|rule| rule.priority() == Ok(Some(100)))
                .unwrap();
            assert_eq!(rule.action(), RuleAction::TO_TABLE);
            assert_eq!(rule.table_id()?, 1000);
            assert_eq!(
                (rule.source()?, rule.source_len()),
                (Some([192, 0, 2, 0].into()), 24)
            );
            assert_eq!(rule.destination()?, Some([198, 51, 100, 1].into()));
            assert_eq!((rule.input()?, rule.output()?), (Some("lo"), Some("eth9")));
            assert_eq!((rule.mark()?, rule.mark_mask()?), (Some(7), Some(0xff)));
            assert_eq!(rule.ip_protocol()?, Some(6));
            assert_eq!(
                rule.source_ports()?.unwrap().value(),
                PortRange {
                    start: 1000,
                    end: 2000
                }
            );
            assert_eq!(rule.destination_ports()?.unwrap().start, 80);
            assert_eq!(
                rule.uid_range()?.unwrap().value(),
                UidRange { start: 0, end: 0 }
            );
            assert_eq!(rule.suppress_prefix_len()?, Some(0));
            assert_eq!(rule.protocol()?, Some(RouteProtocol::STATIC));
            assert!(
                rule.flags()
                    .contains(RuleFlags::INVERT | RuleFlags::OIF_DETACHED)
            );

            let delete = || rules.delete(Family::INET, |rule| rule.priority(100));
            delete().await?;
            assert_eq!(errno(delete().await), Some(ENOENT));
            assert_eq!(all(rules.list()).await?.len(), before);
            Ok(())
        });
    });
}

#[test]
fn rules_jump_and_refuse_in_both_families() {
    in_namespace(|| {
        run(async |handle| {
            for family in [Family::INET, Family::INET6] {
                let rules = handle.rules();
                rules
                    .add(family, |rule| {
                        rule.priority(300).action(RuleAction::PROHIBIT).mark(1)
                    })
                    .await?;
                rules
                    .add(family, |rule| {
                        rule.priority(200)
                            .action(RuleAction::GOTO)
                            .goto(300)
                            .mark(2)
                    })
                    .await?;
                let list = all(handle.list(&Rule::dump().family(family))).await?;
                let actions: Result<Vec<_>, Error> = list
                    .iter()
                    .map(|rule| rule.view())
                    .filter(|rule| matches!(rule.priority(), Ok(Some(200 | 300))))
                    .map(|rule| Ok((rule.action(), rule.goto()?)))
                    .collect();
                let expected = [(RuleAction::GOTO, Some(300)), (RuleAction::PROHIBIT, None)];
                assert_eq!(actions?, expected);
            }
            Ok(())
        });
    });
}
