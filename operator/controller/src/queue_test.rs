use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const NONE: [u128; 0] = [];
const NOW: Duration = Duration::ZERO;
const LATER: Duration = Duration::from_millis(300);

async fn next(queue: &Queue) -> Vec<u128> {
    let taken = tokio::time::timeout(Duration::from_millis(50), queue.take(10, |_| Vec::new())).await;
    taken.map(|ids| ids.iter().map(Uuid::as_u128).collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_change_comes_before_a_look() {
    let queue = Queue::default();
    queue.look(id(1), NOW);
    queue.look(id(2), NOW);
    queue.changed(id(2));
    assert_eq!(next(&queue).await, [2]);
    assert_eq!(next(&queue).await, [1]);
    assert_eq!(next(&queue).await, NONE);
}

#[tokio::test]
async fn what_is_due_later_waits() {
    let queue = Queue::default();
    queue.look(id(1), LATER);
    assert_eq!(next(&queue).await, NONE);
    queue.changed(id(1));
    assert_eq!(next(&queue).await, [1], "a change does not wait");
    queue.done(id(1), Some((true, LATER)));
    assert_eq!(next(&queue).await, NONE);
    tokio::time::sleep(LATER).await;
    assert_eq!(next(&queue).await, [1]);
}

#[tokio::test]
async fn nothing_is_looked_at_twice_at_a_time_and_no_change_is_lost() {
    let queue = Queue::default();
    queue.changed(id(1));
    assert_eq!(next(&queue).await, [1]);
    queue.changed(id(1));
    assert_eq!(next(&queue).await, NONE, "it is being looked at");
    queue.done(id(1), None);
    assert_eq!(next(&queue).await, [1], "what came meanwhile");
    queue.done(id(1), None);
    assert_eq!(next(&queue).await, NONE);
}

#[tokio::test]
async fn neighbours_are_taken_together() {
    let queue = Queue::default();
    (1..=6).for_each(|number| queue.look(id(number), NOW));
    let same = |one: Uuid| (1..=9).map(id).filter(|other| one.as_u128() % 2 == other.as_u128() % 2).collect();
    let mut first = queue.take(2, same).await;
    first.sort();
    assert_eq!(first, [id(1), id(3)]);
    assert_eq!(queue.take(10, same).await.len(), 3, "2, 4 and 6");
    assert_eq!(queue.take(10, same).await, [id(5)]);
}
