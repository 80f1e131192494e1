//! IO: fetch desired bookings and write Booking objects. State, never commands: what does not fit to a full list is kept as
//! it is and reported ([`crate::compare`]), before anything else of that list is obeyed.

use crate::bookings::{Entry, digest};
use crate::cluster::{ClusterError, booking_path};
use crate::compare::{self, Step};
use crate::crd::{Booking, BookingStatus};
use crate::marketplace::{Marketplace, MarketplaceError};
use crate::observe;
use crate::packed::{Packed, Packer};
use crate::reconcile::{Reported, create, is_carried, report, update};
use crate::state::{State, lock};
use contract::protocol::MAX_DIFFERENCES;
use contract::{Desired, Difference, DifferenceKind, Differences, Held, RawDesiredList, lines_hash};
use futures::StreamExt;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The full list is compared at least this often.
const FULL_EVERY: Duration = Duration::from_secs(3600);
/// The same while people have to decide about a difference, or a booking could not be written.
const FULL_EVERY_WITH_DIFFERENCES: Duration = Duration::from_secs(60);
/// Longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Bookings that are written at the same time.
const CONCURRENCY: usize = 8;
/// Tries to write a Booking, or to correct its log, that changes at the same time.
const TRIES: u32 = 5;

/// Why one round did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The marketplace did not answer as agreed.
    #[error(transparent)]
    Marketplace(#[from] MarketplaceError),
    /// The cluster did not.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// It was restored to a time before what is obeyed here.
    #[error("the marketplace is at epoch {theirs}, this operator already obeys {ours}")]
    OldEpoch {
        /// Epoch of its list.
        theirs: i64,
        /// Epoch that is obeyed.
        ours: i64,
    },
    /// Something got lost on the way.
    #[error("the full list does not have the hash that the marketplace names")]
    WrongHash,
}

/// What became of one booking.
enum Put {
    /// The cluster has it, or has it now.
    Fine,
    /// It is kept as it is.
    Differs(Difference),
    /// The cluster lost it, or a part of it, and the full list has to be compared first.
    Behind,
    /// The cluster does not take it. The next full list tries again.
    Unwritten,
}

/// What became of all of them.
#[derive(Default)]
struct Puts {
    differences: Vec<Difference>,
    /// The cluster forgot what was written before.
    behind: bool,
    unwritten: BTreeSet<Uuid>,
}

/// Where the loop is.
pub struct Pull {
    state: Arc<State>,
    marketplace: Arc<Marketplace>,
    wanted: BTreeMap<Uuid, Wish>,
    packer: Packer,
    /// What the marketplace held at the last full list; none if it does not compare.
    held: Option<BTreeMap<Uuid, Held>>,
    differences: Vec<Difference>,
    /// What the cluster did not take since the last full list began.
    unwritten: BTreeSet<Uuid>,
    last_full: Option<Instant>,
}

/// What is wanted of one booking.
struct Wish {
    /// In the spelling that the hash of the list is made of.
    line: Packed,
    /// [`digest`] of it; none for what this version does not understand.
    digest: Option<u128>,
}

/// Pulls for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    let mut pull = Pull::new(state, marketplace);
    let mut pause = Duration::from_millis(500);
    loop {
        match pull.round().await {
            Ok(()) => pause = Duration::from_millis(500),
            Err(error) => {
                tracing::warn!(error = %error, "pull failed");
                metrics::counter!("wolkenamt_operator_pull_failures_total").increment(1);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

impl Pull {
    /// Begins with the full list.
    pub fn new(state: Arc<State>, marketplace: Arc<Marketplace>) -> Pull {
        Pull {
            state,
            marketplace,
            wanted: BTreeMap::new(),
            packer: Packer::default(),
            held: None,
            differences: Vec::new(),
            unwritten: BTreeSet::new(),
            last_full: None,
        }
    }

    /// Fetches what is wanted, waiting for a change if the full list is known, and writes it to the cluster.
    pub async fn round(&mut self) -> Result<(), PullError> {
        let settled = self.differences.is_empty() && self.unwritten.is_empty();
        let every = if settled { FULL_EVERY } else { FULL_EVERY_WITH_DIFFERENCES };
        let full = self.last_full.is_none_or(|last| last.elapsed() > every);
        let after = if full { None } else { Some(self.state.revision.load(Ordering::Relaxed)) };
        let list = self.marketplace.bookings(after).await?;
        let ours = self.state.epoch.load(Ordering::Relaxed);
        if list.epoch < ours {
            self.last_full = None;
            return Err(PullError::OldEpoch { theirs: list.epoch, ours });
        }
        if list.epoch > ours && !list.full {
            tracing::warn!(
                from = ours,
                to = list.epoch,
                "the marketplace was restored; comparing the full list"
            );
            self.last_full = None;
            return Ok(());
        }
        self.write(list).await
    }

    fn wish(&self, id: Uuid, line: &str, epoch: i64) -> Wish {
        let desired = serde_json::from_str::<Desired>(line)
            // Such as a kind that this version does not know. The others must not suffer from it.
            .inspect_err(|error| {
                tracing::error!(booking = %id, error = %error, "booking not understood; kept as it is");
            })
            .ok();
        let line = self.packer.pack(desired.as_ref().map(|desired| desired.kind), line.as_bytes());
        Wish { line, digest: desired.map(|desired| digest(&desired, epoch)) }
    }

    async fn write(&mut self, list: RawDesiredList) -> Result<(), PullError> {
        let mut told = BTreeMap::new();
        for raw in list.bookings {
            match raw.booking {
                Some(id) => drop(told.insert(id, self.wish(id, &raw.line, list.epoch))),
                None => tracing::error!("the marketplace sent a booking without an id; ignored"),
            }
        }
        let news: BTreeSet<Uuid> = told.keys().copied().collect();
        if list.full {
            self.wanted = told;
            let held = list.held;
            self.held = held.map(|held| held.into_iter().map(|held| (held.booking, held)).collect());
        } else {
            self.wanted.extend(told);
        }
        // One that cannot be unpacked makes them disagree, and the full list is fetched.
        let lines = self.wanted.values().map(|wish| wish.line.unpack().unwrap_or_default());
        let agree = lines_hash(lines) == list.hash;
        if list.full && !agree {
            self.last_full = None;
            return Err(PullError::WrongHash);
        }
        let mut uncertain = lock(&self.state.uncertain).clone();
        if list.full {
            uncertain = self.compare_usage(list.epoch).await?;
            self.unwritten.clone_from(&uncertain);
        }
        let put = self.put_all(list.epoch, &news, &uncertain).await?;
        let Puts { mut differences, mut behind, unwritten } = put;
        uncertain.extend(unwritten.iter().filter(|id| self.is_lost(id)));
        *lock(&self.state.uncertain) = uncertain;
        self.unwritten.extend(unwritten);
        if list.full {
            differences.extend(self.missing().await?);
            self.keep_undecided(&mut differences);
            self.report(differences, list.epoch).await?;
        } else {
            let known = |it: &Difference| self.differences.iter().any(|known| known.booking == it.booking);
            behind |= !differences.iter().all(known);
        }
        // Whoever obeys an epoch has compared: only now may completeness be promised in it.
        self.state.epoch.store(list.epoch, Ordering::Relaxed);
        if agree && self.unwritten.is_empty() {
            list.hash.clone_into(&mut lock(&self.state.hash));
        }
        if list.full {
            self.last_full = Some(Instant::now());
            self.state.pulled.store(true, Ordering::Relaxed);
            self.state.changed.notify_one();
        } else if !agree || behind {
            // Something left the list, a change was missed, or the cluster forgot what was written before.
            self.last_full = None;
        }
        self.state.revision.store(list.revision, Ordering::Relaxed);
        self.state.pulled_at.store(Timestamp::now().as_second(), Ordering::Relaxed);
        Ok(())
    }

    /// Writes what the cluster does not have, or has otherwise, several at a time. `news` is what this list told. What is wrong
    /// with one booking holds up no other. The epoch of a Booking says that its log was compared: `uncertain` ones do not get it.
    async fn put_all(
        &self,
        epoch: i64,
        news: &BTreeSet<Uuid>,
        uncertain: &BTreeSet<Uuid>,
    ) -> Result<Puts, ClusterError> {
        let differs = |(id, wish): &(&Uuid, &Wish)| {
            wish.digest.is_some()
                && self.state.bookings.get(**id).map(|known| known.digest) != wish.digest
                && !uncertain.contains(id)
        };
        let ids: Vec<Uuid> = self.wanted.iter().filter(differs).map(|(id, _)| *id).collect();
        let puts =
            ids.into_iter().map(|id| async move { (id, self.put_wish(id, epoch, news.contains(&id)).await) });
        let mut put = futures::stream::iter(puts).buffer_unordered(CONCURRENCY);
        let mut all = Puts::default();
        while let Some((id, one)) = put.next().await {
            match one {
                Ok(Put::Fine) => {}
                Ok(Put::Differs(difference)) => all.differences.push(difference),
                Ok(Put::Behind) => all.behind = true,
                Ok(Put::Unwritten) => drop(all.unwritten.insert(id)),
                Err(error) if error.is_about_one() => {
                    complain(id, &error);
                    all.unwritten.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    async fn put_wish(&self, id: Uuid, epoch: i64, news: bool) -> Result<Put, ClusterError> {
        let Some(wish) = self.wanted.get(&id) else { return Ok(Put::Fine) };
        let line = wish.line.unpack().map_err(|error| ClusterError::Unreadable(error.to_string()))?;
        let desired = serde_json::from_slice::<Desired>(&line);
        let desired = desired.map_err(|error| ClusterError::Unreadable(error.to_string()))?;
        self.put(&desired, epoch, news).await
    }

    /// Writes one booking unless the cluster has it. Also restores what somebody removed with the object; what the cluster
    /// lost without news of the marketplace is first compared with a full list.
    async fn put(&self, desired: &Desired, epoch: i64, news: bool) -> Result<Put, ClusterError> {
        let name = desired.booking.to_string();
        if news && self.state.bookings.get(desired.booking).is_none() && self.make(desired, epoch).await? {
            return Ok(Put::Fine);
        }
        for _ in 0..TRIES {
            // The watched copy may be old.
            let fresh = observe::booking(&self.state.cluster, &name).await?.map(|(booking, _at)| booking);
            let step = match &fresh {
                Some(booking) => compare::step(desired, epoch, &booking.spec),
                None => self.first_step(desired).await?,
            };
            match (step, fresh) {
                (Step::Keep, _) => return Ok(Put::Fine),
                (Step::Hold(kind), Some(booking)) => {
                    tracing::warn!(booking = name, "the marketplace knows an older wish; kept as it is");
                    return Ok(Put::Differs(compare::report(kind, &booking.spec, booking.status.as_ref())));
                }
                (Step::Hold(_), None) => {
                    tracing::error!(
                        booking = name,
                        "nothing is left of a used booking; not provisioned anew"
                    );
                    return Ok(Put::Differs(compare::lost(desired)));
                }
                // It is known not to be as wanted; the full list that comes anyway tries again.
                (Step::Write, _) if !news && self.unwritten.contains(&desired.booking) => {
                    return Ok(Put::Unwritten);
                }
                (Step::Write, _) if !news => return Ok(Put::Behind),
                (Step::Write, Some(fresh)) => {
                    tracing::info!(booking = name, generation = desired.generation, "changed booking");
                    match update(&self.state, &fresh, desired, epoch).await? {
                        Reported::Written => return Ok(Put::Fine),
                        Reported::Pruned => return Ok(Put::Unwritten),
                        Reported::Raced => {}
                    }
                }
                (Step::Write, None) => {
                    if self.make(desired, epoch).await? {
                        return Ok(Put::Fine);
                    }
                }
            }
        }
        // It changes at the same time; the full list is compared once more.
        Ok(Put::Behind)
    }

    /// Writes a booking that the cluster does not have. False: it may not be written before it was looked at, or it is there.
    async fn make(&self, desired: &Desired, epoch: i64) -> Result<bool, ClusterError> {
        if self.first_step(desired).await? != Step::Write {
            return Ok(false);
        }
        tracing::info!(booking = %desired.booking, kind = desired.kind.code(), "new booking");
        create(&self.state, desired, epoch).await
    }

    /// The step for a booking that the cluster does not have. Only what was used before is looked for.
    async fn first_step(&self, desired: &Desired) -> Result<Step, ClusterError> {
        let held = self.held.as_ref().and_then(|held| held.get(&desired.booking));
        let left = match held {
            Some(held) if held.used => self.left(desired).await?,
            Some(_) | None => true,
        };
        Ok(compare::first_step(desired, held, left))
    }

    /// Whether the cluster holds anything of a booking; also its status, put aside while the object is written anew.
    async fn left(&self, desired: &Desired) -> Result<bool, ClusterError> {
        if is_carried(&self.state, desired.booking).await? {
            return Ok(true);
        }
        let seen = observe::observe(&self.state.cluster, &[desired]).await?;
        Ok(seen.iter().any(|objects| !objects.is_empty()))
    }

    /// Makes every log go on where the usage ends that the marketplace has stored. Returns those for which that failed: they must
    /// not get the new epoch.
    async fn compare_usage(&self, epoch: i64) -> Result<BTreeSet<Uuid>, ClusterError> {
        let mut open = BTreeSet::new();
        let Some(held) = &self.held else { return Ok(open) };
        let next = |booking: &Booking| -> Option<BookingStatus> {
            let held = held.get(&booking.spec.desired.booking)?;
            compare::usage(&booking.spec, booking.status.as_ref()?, held, epoch)
        };
        for entry in self.state.bookings.all() {
            let id = entry.id;
            if !held.contains_key(&id) || next(&read(&entry)?).is_none() {
                continue;
            }
            match self.correct(id, &next).await {
                Ok(true) => {}
                Ok(false) => drop(open.insert(id)),
                Err(error) if error.is_about_one() => {
                    complain(id, &error);
                    open.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(open)
    }

    /// Corrects the log of one booking. False: it changed at the same time whenever it was tried.
    async fn correct(
        &self,
        id: Uuid,
        next: &(impl Fn(&Booking) -> Option<BookingStatus> + Sync),
    ) -> Result<bool, ClusterError> {
        for _ in 0..TRIES {
            let found = observe::booking(&self.state.cluster, &id.to_string()).await?;
            let Some((fresh, _at)) = found else { return Ok(true) };
            let Some(status) = next(&fresh) else { return Ok(true) };
            tracing::warn!(booking = %id, "the log is not what the marketplace holds; it goes on from there");
            // Until it was looked at again, nothing is promised about it.
            lock(&self.state.observed).remove(&id);
            if report(&self.state, &fresh, &status).await? != Reported::Raced {
                self.state.queue.changed(id);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// About what could not be written nothing new is known: what was told of it stands, and with it what people decided.
    fn keep_undecided(&self, differences: &mut Vec<Difference>) {
        let named: BTreeSet<Uuid> = differences.iter().map(|it| it.booking).collect();
        let open = |it: &&Difference| self.unwritten.contains(&it.booking) && !named.contains(&it.booking);
        differences.extend(self.differences.iter().filter(open).cloned());
    }

    /// Tells the marketplace what does not fit, also that nothing is left of it.
    async fn report(&mut self, mut differences: Vec<Difference>, epoch: i64) -> Result<(), PullError> {
        metrics::gauge!("wolkenamt_operator_differences")
            .set(u32::try_from(differences.len()).unwrap_or(u32::MAX));
        differences.sort_by_key(|difference| difference.booking);
        if self.held.is_some() && (!differences.is_empty() || self.differences != differences) {
            differences.truncate(MAX_DIFFERENCES);
            let report = Differences { epoch, differences: differences.clone() };
            self.marketplace.differences(&report).await?;
        }
        self.differences = differences;
        Ok(())
    }

    /// Bookings of the cluster that the marketplace does not hold: gone and acknowledged ones are forgotten, others only
    /// reported.
    async fn missing(&self) -> Result<Vec<Difference>, ClusterError> {
        let mut found = Vec::new();
        for entry in self.state.bookings.all() {
            if self.is_held(&entry.id) {
                continue;
            }
            let listed = self.wanted.contains_key(&entry.id);
            match (entry.gone && entry.acknowledged, listed) {
                (true, false) => match self.forget(&entry).await {
                    Err(error) if error.is_about_one() => complain(entry.id, &error),
                    forgotten => forgotten?,
                },
                (true, true) => {}
                (false, _) => {
                    tracing::warn!(
                        booking = %entry.id,
                        "the marketplace does not hold this booking; kept as it is"
                    );
                    let booking = read(&entry)?;
                    let status = booking.status.as_ref();
                    found.push(compare::report(DifferenceKind::Unlisted, &booking.spec, status));
                }
            }
        }
        let hidden = self.state.bookings.unreadable().into_iter().filter(|id| !self.is_held(id));
        *lock(&self.state.unlisted) =
            found.iter().map(|difference| difference.booking).chain(hidden).collect();
        Ok(found)
    }

    /// Whether a booking was in use and has no object: what it uses now is told only once that is written back.
    fn is_lost(&self, id: &Uuid) -> bool {
        let used = self.held.as_ref().and_then(|held| held.get(id)).is_some_and(|held| held.used);
        used && self.state.bookings.get(*id).is_none()
    }

    /// Whether the marketplace has the booking.
    fn is_held(&self, id: &Uuid) -> bool {
        self.held.as_ref().map_or_else(|| self.wanted.contains_key(id), |held| held.contains_key(id))
    }

    async fn forget(&self, entry: &Entry) -> Result<(), ClusterError> {
        let path = booking_path(&entry.id.to_string());
        self.state.cluster.delete(&path, read(entry)?.metadata.uid.as_deref()).await
    }
}

fn complain(booking: Uuid, error: &ClusterError) {
    tracing::error!(%booking, error = %error, "the cluster does not take this booking; tried again with the next full list");
    metrics::counter!("wolkenamt_operator_pull_failures_total").increment(1);
}

fn read(entry: &Entry) -> Result<Booking, ClusterError> {
    entry.booking().map_err(|error| ClusterError::Unreadable(format!("Booking {}: {error}", entry.id)))
}
