//! The controller: the family that tells of the others.
//!
//! Owns the messages of `nlctrl` (`enum ctrl_attr` of `include/uapi/linux/genetlink.h`, `net/netlink/genetlink.c`); must
//! not know any other family, nor who sends.

use netlane_wire::typed::{c_enum, c_flags, message, requests};
use netlane_wire::{AttributeError, Policy};

/// `GENL_ID_CTRL`: the one family whose number is known beforehand.
pub const CONTROLLER: u16 = 16;

/// The name of the controller's group that hears of families coming and going.
pub const NOTIFY: &str = "notify";

message! {
    /// A generic netlink family.
    pub struct Family("family") {
        /// Its number, which is the `nlmsg_type` of its messages. Another one each time the family is loaded.
        id: u16 = CTRL_ATTR_FAMILY_ID(1),
        /// Its name, at most 15 bytes.
        name: str = CTRL_ATTR_FAMILY_NAME(2),
        /// The family's version.
        version: u32 = CTRL_ATTR_VERSION(3),
        /// Bytes of the family's own header behind the generic one.
        header_len: u32 = CTRL_ATTR_HDRSIZE(4),
        /// The highest attribute type; 0 if its commands differ in that.
        max_attribute: u32 = CTRL_ATTR_MAXATTR(5),
        /// Its commands.
        commands: array nest Command = CTRL_ATTR_OPS(6),
        /// Its multicast groups.
        groups: array nest Group = CTRL_ATTR_MCAST_GROUPS(7),
        /// In a policy dump: the policies by number; see [`FamilyView::rules`].
        policies: array nest PolicyTable = CTRL_ATTR_POLICY(8),
        /// In a policy dump: which policies a command has; the element's number is the command.
        command_policies: array nest CommandPolicy = CTRL_ATTR_OP_POLICY(9),
        /// Asks for the policy of this command only.
        command: u32 = CTRL_ATTR_OP(10),
    }
}

message! {
    /// One command of a family.
    pub struct Command("command") {
        /// The number: `genlmsghdr.cmd`.
        id: u32 = CTRL_ATTR_OP_ID(1),
        /// What it can do and needs.
        flags: CommandFlags = CTRL_ATTR_OP_FLAGS(2),
    }
}

message! {
    /// A multicast group of a family.
    pub struct Group("group") {
        /// Its name, at most 15 bytes.
        name: str = CTRL_ATTR_MCAST_GRP_NAME(1),
        /// The number to join.
        id: u32 = CTRL_ATTR_MCAST_GRP_ID(2),
    }
}

message! {
    /// Which of a family's policies a command checks its attributes by.
    pub struct CommandPolicy("command_policy") {
        /// The policy's number for single requests.
        do_policy: u32 = CTRL_ATTR_POLICY_DO(1),
        /// The policy's number for dumps.
        dump_policy: u32 = CTRL_ATTR_POLICY_DUMP(2),
    }
}

message! {
    /// One policy: for each attribute type what the kernel accepts.
    pub struct PolicyTable("policy") {}
}

c_flags! {
    /// What a command can do and needs.
    pub struct CommandFlags: u32 {
        /// Needs CAP_NET_ADMIN.
        ADMIN = GENL_ADMIN_PERM(0x1),
        /// Can be requested.
        DO = GENL_CMD_CAP_DO(0x2),
        /// Can be dumped.
        DUMP = GENL_CMD_CAP_DUMP(0x4),
        /// Has a policy.
        HAS_POLICY = GENL_CMD_CAP_HASPOL(0x8),
        /// Needs CAP_NET_ADMIN over the network namespace.
        NAMESPACE_ADMIN = GENL_UNS_ADMIN_PERM(0x10),
    }
}

c_enum! {
    /// What the controller's messages say.
    pub enum ControllerCommand: u8 {
        /// A family came, or is told of.
        NEW_FAMILY = CTRL_CMD_NEWFAMILY(1),
        /// A family went.
        DELETE_FAMILY = CTRL_CMD_DELFAMILY(2),
        /// The request.
        GET_FAMILY = CTRL_CMD_GETFAMILY(3),
        /// A group came.
        NEW_GROUP = CTRL_CMD_NEWMCAST_GRP(7),
        /// A group went.
        DELETE_GROUP = CTRL_CMD_DELMCAST_GRP(8),
        /// The request for policies, and its answers.
        GET_POLICY = CTRL_CMD_GETPOLICY(10),
    }
}

requests! {
    Family in "nlctrl" version 2 synchronous {
        /// The family of an id or name. Loads its module if the name is unknown; ENOENT if there is none.
        get: CTRL_CMD_GETFAMILY(3) => reply,
        /// All families.
        dump: CTRL_CMD_GETFAMILY(3) => dump,
        /// What a family (by id or name) accepts, in many messages: see [`FamilyView::rules`] and `command_policies`.
        dump_policy: CTRL_CMD_GETPOLICY(10) => dump,
    }
}

/// What the kernel accepts for one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The policy's number, which `command_policies` and nests refer to.
    pub policy: u16,
    /// The attribute's type.
    pub attribute: u16,
    /// What is accepted.
    pub accepts: Policy,
}

impl<'a> FamilyView<'a> {
    /// The rules in this message of a policy dump.
    pub fn rules(&self) -> impl Iterator<Item = Result<Rule, AttributeError>> + use<'a> {
        self.policies().indexed().flat_map(|policy| {
            let (rules, error) = match policy {
                Ok((number, table)) => (Some((number, table.attributes())), None),
                Err(error) => (None, Some(Err(error))),
            };
            let rules = rules.into_iter().flat_map(|(policy, attributes)| {
                attributes.map(move |attribute| {
                    let attribute = attribute?;
                    Ok(Rule {
                        policy,
                        attribute: attribute.kind(),
                        accepts: Policy::read(attribute.nested()),
                    })
                })
            });
            error.into_iter().chain(rules)
        })
    }

    /// The number of a multicast group, by its name.
    ///
    /// # Errors
    ///
    /// The list of groups is malformed.
    pub fn group(&self, name: &str) -> Result<Option<u32>, AttributeError> {
        for group in self.groups() {
            let group = group?;
            if group.name()? == Some(name) {
                return group.id();
            }
        }
        Ok(None)
    }
}
