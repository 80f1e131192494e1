//! Counts the calls that change something, and ends the operator before or after one of them.

use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// On which side of a call the operator ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The call never arrives.
    Before,
    /// It does what it shall, and nobody hears the answer.
    After,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    Dies(Side),
}

#[derive(Default)]
struct Told {
    calls: Vec<String>,
    dies: Option<(usize, Side)>,
    dead: bool,
    deaths: usize,
}

/// Shared by everything that the operator calls.
#[derive(Clone, Default)]
pub(crate) struct Fate {
    told: Arc<Mutex<Told>>,
    died: Arc<Notify>,
}

impl Fate {
    /// Ends the operator at this call, counted from 0; nothing for a run without fault.
    pub(crate) fn new(dies: Option<(usize, Side)>) -> Fate {
        let fate = Fate::default();
        fate.told.lock().unwrap().dies = dies;
        fate
    }

    /// A call that changes something has come.
    pub(crate) fn count(&self, call: String) -> Verdict {
        let mut told = self.told.lock().unwrap();
        let number = told.calls.len();
        told.calls.push(call);
        match told.dies {
            Some((index, side)) if index == number => Verdict::Dies(side),
            _ => Verdict::Done,
        }
    }

    /// The operator ends: whatever it asks from now on is not answered. Never returns.
    pub(crate) async fn die(&self) -> ! {
        {
            let mut told = self.told.lock().unwrap();
            told.dead = true;
            told.deaths += 1;
        }
        self.died.notify_one();
        std::future::pending().await
    }

    /// Nothing is answered to the dead.
    pub(crate) async fn only_to_the_living(&self) {
        if self.told.lock().unwrap().dead {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for the end of the operator.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// Another operator starts.
    pub(crate) fn revive(&self) {
        self.told.lock().unwrap().dead = false;
    }

    /// How many operators ended.
    pub(crate) fn deaths(&self) -> usize {
        self.told.lock().unwrap().deaths
    }

    /// Every call that changed something, or would have.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.told.lock().unwrap().calls.clone()
    }
}
