//! Orders: from the form over a draft to the order that somebody else decides.
//!
//! `command` is what is sent, by form or as JSON; `prepare` finds what is wrong with it (`asked`: with what its kind asks) and
//! what it costs; `place` sends it, once; `drafts` keeps what was typed; `read` shows orders. Orders about a booking that exists share `follow_up`:
//! `power` stops and starts it, `change` changes it (`replanned` finds what that means, `change_form` shows it), `terminate`
//! ends it and `resume` takes the end back; `transfer` moves it to another Kostenstelle or Haushaltsansatz
//! (`transfer_form` shows it); `restore` brings an earlier state of its data back.

mod asked;
mod change;
mod change_form;
mod command;
mod content;
mod drafts;
mod follow_up;
mod longer;
mod place;
mod power;
mod prepare;
mod read;
mod replanned;
mod restore;
mod resume;
mod terminate;
mod transfer;
mod transfer_form;
mod year;

pub use change::{Change, Replaced, place_change, revert_change};
pub(crate) use change::{approved, last_change};
pub use change_form::{FilledChange, change_compared, change_form, read_change};
pub use command::{PlaceOrder, from_json, read_demand};
pub use content::{action, basis_title, budget_choice, content, no_budget, own_answers, state};
pub use drafts::{Check, Draft, Filled, Inputs, asked, check, discard, edit, form, save, submit};
pub(crate) use follow_up::check_reason;
pub use place::{Placed, place};
pub use power::{Switch, switch_power};
pub use read::{
    Loaded, OrderQuery, commitment_state, cursor_of, etag, list, loaded, names, order_view, own, read_cursor,
    rows, show,
};
pub(crate) use restore::restored;
pub use restore::{GoBack, place_restore};
pub(crate) use resume::resumed;
pub use resume::{Resume, place_resume};
pub use terminate::{Terminate, check_termination, keep_days, place_termination};
pub(crate) use transfer::transferred;
pub use transfer::{Transfer, place_transfer};
pub use transfer_form::{FilledTransfer, for_inputs, read_transfer, transfer_form};
