//! A look at everything that costs little: all objects of a kind of bookings page by page, in the order of their namespaces, each
//! page thrown away once its bookings were compared.
//!
//! It decides, and acts upon nothing. Whatever is not exactly as it was left goes into the queue, where it is looked at by itself:
//! so this may be a moment behind, and need not be trusted with what is missing.

use crate::apply::Applier;
use crate::bookings::{self, Entry};
use crate::cluster::{Cluster, ClusterError, Page, namespace_of, read_item};
use crate::crd::Booking;
use crate::decide::{self, Applied, Finalizer, Observed};
use crate::observe::encode;
use crate::reconcile::{has_finalizer, seen, site};
use crate::state::{State, lock};
use contract::Kind;
use contract::kinds::context::{LABEL_BOOKING, LABEL_KIND};
use contract::kinds::postgresql::restore::LABEL_CLUSTER;
use contract::kinds::readiness::text;
use contract::kinds::{Query, Site};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Objects of one page.
const PAGE: usize = 100;

/// Whether bookings of this kind are looked at here. What is asked of a broker is asked for each by itself.
pub fn covers(kind: Kind) -> bool {
    match kind {
        Kind::Postgresql | Kind::Application | Kind::VirtualMachine => true,
        Kind::SharedService | Kind::Manual => false,
    }
}

/// How long to wait between two sweeps.
pub fn pause(bookings: usize) -> Duration {
    let share = u32::try_from(bookings).map_or(Duration::MAX, |count| PACE.saturating_mul(count));
    decide::STEADY.max(share)
}

/// Time that each booking gets of the API server in a steady state: 10,000 bookings are looked at every 200 s.
pub const PACE: Duration = Duration::from_millis(20);

/// Looks at every booking. Where that is not possible, everything that is left goes into the queue.
pub async fn sweep(state: &Arc<State>, applier: &Applier) {
    let (covered, others): (Vec<Arc<Entry>>, Vec<Arc<Entry>>) =
        state.bookings.all().into_iter().partition(|entry| covers(entry.kind));
    others.iter().for_each(|entry| state.queue.look(entry.id, Duration::ZERO));
    let kinds = Kind::ALL.into_iter().filter(|kind| covers(*kind)).map(|kind| {
        let mut entries: Vec<Arc<Entry>> = covered.iter().filter(|entry| entry.kind == kind).cloned().collect();
        async move {
            entries.sort_by_cached_key(|entry| place(&entry.namespace));
            let mut left = entries.as_slice();
            if let Err(error) = of_kind(state, applier, &mut left).await {
                tracing::warn!(kind = kind.code(), error = %error, "not everything could be looked at together");
                left.iter().for_each(|entry| state.queue.look(entry.id, Duration::ZERO));
            }
        }
    });
    futures::future::join_all(kinds).await;
    state.changed.notify_one();
}

/// Bookings of one kind, in the order of their namespaces. What is done is taken from `left`.
async fn of_kind(
    state: &Arc<State>,
    applier: &Applier,
    left: &mut &[Arc<Entry>],
) -> Result<(), ClusterError> {
    let Some(first) = left.first() else { return Ok(()) };
    let desired = read(first)?.spec.desired;
    let at = state.cluster.time().await?;
    // A booking may ask for several values of a label; a cursor takes every value. What it asks for by the label of an engine and by
    // ours carries that of the engine.
    let mut queries = desired.kind.queries(&desired);
    queries.sort_by_key(|query| (query.api_version, query.kind, query.label == LABEL_BOOKING));
    queries.dedup_by_key(|query| (query.api_version, query.kind));
    let mut cursors: Vec<Cursor> =
        queries.iter().map(|query| Cursor::new(state, &desired.kind, query)).collect();
    while let Some(first) = left.first() {
        let count = left.iter().take_while(|entry| entry.namespace == first.namespace).count();
        let (here, rest) = left.split_at(count);
        let mut objects = Vec::new();
        for cursor in &mut cursors {
            objects.extend(cursor.of_namespace(&first.namespace).await?);
        }
        let here_is = Here { objects: Labelled::of(&objects), site: OnceCell::new(), at };
        for entry in here {
            compare(state, applier, entry, &here_is)?;
        }
        *left = rest;
    }
    Ok(())
}

fn read(entry: &Entry) -> Result<Booking, ClusterError> {
    entry.booking().map_err(|error| ClusterError::Unreadable(format!("Booking {}: {error}", entry.id)))
}

/// What the bookings of one namespace have in common.
struct Here<'a> {
    objects: Labelled<'a>,
    /// With what is booked there: the same for all that are not gone.
    site: OnceCell<Site>,
    at: Timestamp,
}

/// Objects by the labels through which bookings find them, so that thousands of bookings do not each go through all objects.
struct Labelled<'a> {
    all: &'a [Value],
    by_label: HashMap<(&'static str, &'a str), Vec<usize>>,
}

impl<'a> Labelled<'a> {
    fn of(all: &'a [Value]) -> Labelled<'a> {
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (position, object) in all.iter().enumerate() {
            for label in [LABEL_BOOKING, LABEL_CLUSTER] {
                let value = object.pointer("/metadata/labels").and_then(|labels| labels.get(label)?.as_str());
                if let Some(value) = value {
                    by_label.entry((label, value)).or_default().push(position);
                }
            }
        }
        Labelled { all, by_label }
    }

    /// What the queries ask for, each object once.
    fn find(&self, queries: &[Query]) -> Vec<Value> {
        let mut found = BTreeSet::new();
        for query in queries {
            let labelled = self.by_label.get(&(query.label, query.value.as_str())).into_iter().flatten();
            let of_kind = |position: &usize| {
                self.all.get(*position).is_some_and(|object| text(object, "/kind") == Some(query.kind))
            };
            found.extend(labelled.copied().filter(of_kind));
        }
        found.into_iter().filter_map(|position| self.all.get(position).cloned()).collect()
    }
}

/// What is as it was left counts as looked at; the rest is looked at by itself.
fn compare(
    state: &Arc<State>,
    applier: &Applier,
    entry: &Entry,
    here: &Here<'_>,
) -> Result<(), ClusterError> {
    let booking = read(entry)?;
    let desired = &booking.spec.desired;
    let objects = here.objects.find(&desired.kind.queries(desired));
    let own;
    let site = if entry.gone {
        own = site(state, desired);
        &own
    } else {
        here.site.get_or_init(|| site(state, desired))
    };
    if is_as_left(applier, &booking, &seen(state, desired, objects, here.at), site) {
        let mut observed = lock(&state.observed);
        let known = observed.entry(entry.id).or_insert(here.at);
        *known = (*known).max(here.at);
    } else {
        state.queue.look(entry.id, Duration::ZERO);
    }
    Ok(())
}

fn is_as_left(applier: &Applier, booking: &Booking, seen: &Observed, site: &Site) -> bool {
    if booking.metadata.deletion_timestamp.is_some() || !has_finalizer(booking) || booking.status.is_none() {
        return false;
    }
    let before = bookings::status(booking);
    let at = seen.at;
    let plan = decide::decide(booking, seen, site);
    let id = booking.spec.desired.booking;
    let written = plan.effects.as_ref().is_none_or(|effects| applier.is_settled(id, effects, &seen.objects));
    let steady = plan.again_in >= decide::STEADY && !plan.read_counters && plan.teardown.is_empty();
    let kept = plan.finalizer == Finalizer::Keep;
    written && steady && kept && decide::with_apply(plan, &before, at, &Applied::Done).status == before
}

/// In the order in which the API server lists namespaces: it sorts by the whole key, in which a slash follows the namespace.
fn place(namespace: &str) -> String {
    format!("{namespace}/")
}

/// Goes through all objects of one kind, in the order of their namespaces.
struct Cursor {
    cluster: Cluster,
    api_version: &'static str,
    kind: &'static str,
    query: String,
    page: VecDeque<Box<RawValue>>,
    /// The next page is on its way while this one is looked at.
    next: Option<JoinHandle<Result<Page, ClusterError>>>,
    last: String,
}

impl Cursor {
    fn new(state: &State, kind: &Kind, query: &Query) -> Cursor {
        // What carries the label of its booking carries that of its kind, too.
        let selector = if query.label == LABEL_BOOKING {
            format!("{LABEL_KIND}={}", kind.code())
        } else {
            query.label.to_owned()
        };
        let mut cursor = Cursor {
            cluster: state.cluster.clone(),
            api_version: query.api_version,
            kind: query.kind,
            query: format!("labelSelector={}", encode(&selector)),
            page: VecDeque::new(),
            next: None,
            last: String::new(),
        };
        cursor.fetch(None);
        cursor
    }

    fn fetch(&mut self, next: Option<String>) {
        let (cluster, query) = (self.cluster.clone(), self.query.clone());
        let (api_version, kind) = (self.api_version, self.kind);
        self.next = Some(tokio::spawn(async move {
            cluster.page(api_version, kind, &query, PAGE, next.as_deref()).await
        }));
    }

    /// Everything of one namespace; those before it are passed over.
    async fn of_namespace(&mut self, namespace: &str) -> Result<Vec<Value>, ClusterError> {
        let wanted = place(namespace);
        let mut found = Vec::new();
        loop {
            while let Some(item) = self.page.pop_front() {
                let here = place(&namespace_of(&item)?);
                if here < self.last {
                    return Err(ClusterError::Unreadable(format!("{} are not listed in order", self.kind)));
                }
                if here > wanted {
                    self.page.push_front(item);
                    return Ok(found);
                }
                if here == wanted {
                    found.push(read_item(&item, self.api_version, self.kind)?);
                }
                self.last = here;
            }
            let Some(next) = self.next.take() else { return Ok(found) };
            let page = next.await.map_err(|error| ClusterError::Unreadable(error.to_string()))??;
            if let Some(more) = page.next() {
                self.fetch(Some(more.to_owned()));
            }
            self.page = page.items;
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if let Some(next) = &self.next {
            next.abort();
        }
    }
}
