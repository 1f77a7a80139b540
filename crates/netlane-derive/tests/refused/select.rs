//! Wrong sub-messages.

use netlane_wire::typed::select;

select! { enum NoType for Info.data { } }

select! { enum NoHolder: str { } }

select! { enum NoValue: str for Info.data { vlan: nest Vlan } }

// Both are told.
select! {
    enum Twice: str for Info.data {
        vlan: nest Vlan = "vlan",
        vlan = "dummy",
        qinq: nest Vlan = "vlan",
    }
}

fn main() {}
