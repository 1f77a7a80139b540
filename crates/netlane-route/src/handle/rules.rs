//! Owns what can be said of rules; must not know attributes beyond that.

use netlane::{Error, Handle, Records};
use netlane_wire::typed::Do;

use super::{RouteHandle, WatchGroups};
use crate::{AddRule, DeleteRule, DumpRule, Family, Group, Rule, RuleAction, RuleBuilder};

/// A stream of rules.
pub type RuleList = Records<RuleBuilder<Do<DumpRule>>>;

/// Rules: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'h> {
    handle: &'h Handle,
}

impl<'h> Rules<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All rules of all families.
    pub fn list(self) -> RuleList {
        self.handle.list(&Rule::dump())
    }

    /// Adds a rule of this family that looks up a table; the closure says which and when, and may change anything.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 17 (`EEXIST`) if there is one.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn add(
        self,
        family: Family,
        build: impl FnOnce(RuleBuilder<Do<AddRule>>) -> RuleBuilder<Do<AddRule>>,
    ) -> Result<(), Error> {
        let request = Rule::add().family(family).action(RuleAction::TO_TABLE);
        self.handle.call(&build(request)).await
    }

    /// Deletes the first rule of this family that has what the closure says.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 2 (`ENOENT`) if there is none.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn delete(
        self,
        family: Family,
        build: impl FnOnce(RuleBuilder<Do<DeleteRule>>) -> RuleBuilder<Do<DeleteRule>>,
    ) -> Result<(), Error> {
        self.handle
            .call(&build(Rule::delete().family(family)))
            .await
    }

    /// Subscribes to what happens to rules.
    pub fn watch(self) -> WatchGroups {
        self.handle.watch([Group::IPV4_RULE, Group::IPV6_RULE])
    }
}
