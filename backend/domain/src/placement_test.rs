use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: &str = "2026-11-24T09:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn customer() -> OrganisationId {
    OrganisationId(Uuid::from_u128(1))
}

fn offering(number: u128) -> OfferingId {
    OfferingId(Uuid::from_u128(100 + number))
}

fn location(number: u128) -> LocationId {
    LocationId(Uuid::from_u128(200 + number))
}

/// A location that may take everything.
fn open(number: u128) -> Candidate {
    let level = Need::VeryHigh;
    Candidate {
        offering: offering(1),
        location: Some(location(number)),
        name: format!("Standort {number}"),
        land: Some("16".into()),
        data_centre_of: Some(customer()),
        ceiling: Protection { confidentiality: level, integrity: level, availability: level },
        certificates: vec![Certificate {
            class: CertificateClass::C5Type2,
            number: "C5-1".into(),
            valid_until: "2026-12-31".parse().unwrap(),
        }],
        worker: Worker::Operator { heard_at: now() },
        can: Can::Everything,
        room: Some(Room { vcpu_total: 8000, vcpu_free: 4000, memory_total: 8192, memory_free: 4096 }),
        size: Size { vcpu: 1000, memory: 1024 },
        total: Some(Money::from_cents(1000)),
        legal_basis: true,
    }
}

fn strict() -> Demand {
    let level = Need::High;
    Demand {
        protection: Protection { confidentiality: level, integrity: level, availability: level },
        stay: Stay::Land("16".into()),
        certificate: Some(CertificateClass::C5Type1),
    }
}

fn any_of(number: u128) -> Pick {
    Pick { offering: offering(number), location: None }
}

fn judge(demand: &Demand, candidates: &[Candidate], pick: Pick) -> Vec<Verdict> {
    place(demand, customer(), candidates, pick, now())
}

#[test]
fn each_shortcoming_is_a_reason_of_its_own() {
    let hours = |hours: i64| now() - SignedDuration::from_hours(hours);
    type Change = fn(&mut Candidate);
    let long_ago = hours(7 * 24 + 1);
    let cases: [(&str, Change); 12] = [
        ("without-operator", |it| it.worker = Worker::Nobody),
        ("not-the-kind", |it| it.can = Can::NotTheKind),
        ("not-the-broker", |it| it.can = Can::NotTheBroker),
        ("not-the-choice", |it| it.can = Can::NotTheChoice),
        ("protection-confidentiality", |it| it.ceiling.confidentiality = Need::Normal),
        ("protection-integrity", |it| it.ceiling.integrity = Need::Normal),
        ("protection-availability", |it| it.ceiling.availability = Need::Normal),
        ("other-land", |it| it.land = Some("09".into())),
        ("certificate-missing", |it| it.certificates.clear()),
        ("full-vcpu", |it| it.size.vcpu = 4001),
        ("full-memory", |it| it.size.memory = 4097),
        ("no-plan", |it| it.total = None),
    ];
    let codes = |candidate: &Candidate| -> Vec<&str> {
        left_out(&strict(), customer(), candidate, now()).iter().map(LeftOut::code).collect()
    };
    assert_eq!(codes(&open(1)), Vec::<&str>::new());
    for (code, change) in cases {
        let mut candidate = open(1);
        change(&mut candidate);
        assert_eq!(codes(&candidate), [code]);
    }
    assert_eq!(codes(&Candidate { worker: Worker::Operator { heard_at: long_ago }, ..open(1) }), ["silent"]);
    assert_eq!(codes(&Candidate { legal_basis: false, ..open(1) }), ["no-legal-basis"]);
    let mut over = open(1);
    over.certificates[0].valid_until = "2026-11-23".parse().unwrap();
    assert_eq!(codes(&over), ["certificate-over"]);
    over.certificates[0].valid_until = "2026-11-24".parse().unwrap();
    assert_eq!(codes(&over), Vec::<&str>::new(), "the last day counts");
    let own = Demand { stay: Stay::Own, ..Demand::default() };
    let rented = Candidate { data_centre_of: None, ..open(1) };
    assert_eq!(left_out(&own, customer(), &rented, now()), [LeftOut::NotOwnDataCentre]);
    assert_eq!(left_out(&own, customer(), &open(1), now()), []);
}

#[test]
fn every_reason_is_told_not_only_the_first() {
    let candidate =
        Candidate { worker: Worker::Nobody, land: None, legal_basis: false, total: None, ..open(1) };
    let reasons = left_out(&strict(), customer(), &candidate, now());
    let codes: Vec<&str> = reasons.iter().map(LeftOut::code).collect();
    assert_eq!(codes, ["without-operator", "other-land", "no-plan", "no-legal-basis"]);
}

#[test]
fn the_chosen_one_is_better_in_what_is_told() {
    let quiet = now() - SILENCE - SignedDuration::from_secs(1);
    let dearer = Candidate { total: Some(Money::from_cents(1250)), ..open(2) };
    let silent =
        Candidate { worker: Worker::Operator { heard_at: quiet }, total: Some(Money::ZERO), ..open(3) };
    let mut tight = open(4);
    tight.room = Some(Room { vcpu_total: 8000, vcpu_free: 1000, memory_total: 8192, memory_free: 1024 });
    let verdicts = judge(&Demand::default(), &[silent, dearer, tight, open(5), open(1)], any_of(1));
    assert_eq!(
        verdicts,
        [
            Verdict::NotChosen(NotChosen::NotHeard),
            Verdict::NotChosen(NotChosen::Dearer { by: Money::from_cents(250) }),
            Verdict::NotChosen(NotChosen::LessRoom),
            Verdict::NotChosen(NotChosen::SameByName),
            Verdict::Chosen,
        ]
    );
}

#[test]
fn a_choice_by_hand_is_obeyed_and_called_so() {
    let by_hand = Pick { offering: offering(1), location: Some(location(2)) };
    let dear = Candidate { total: Some(Money::from_cents(9000)), ..open(2) };
    let dearest = Candidate { total: Some(Money::from_cents(9900)), ..open(3) };
    let verdicts = judge(&Demand::default(), &[open(1), dear.clone(), dearest], by_hand);
    let by = Money::from_cents(900);
    assert_eq!(
        verdicts,
        [
            Verdict::NotChosen(NotChosen::Picked),
            Verdict::Chosen,
            Verdict::NotChosen(NotChosen::Dearer { by }),
        ]
    );
    let closed = Candidate { worker: Worker::Nobody, ..dear };
    let verdicts = judge(&Demand::default(), &[open(1), closed], by_hand);
    assert!(!verdicts.contains(&Verdict::Chosen), "nothing else is taken instead: {verdicts:?}");
}

#[test]
fn other_offers_are_judged_and_never_taken() {
    let other = Candidate { offering: offering(2), total: Some(Money::from_cents(1)), ..open(2) };
    let verdicts = judge(&Demand::default(), &[open(1), other], any_of(1));
    assert_eq!(verdicts, [Verdict::Chosen, Verdict::NotChosen(NotChosen::Picked)]);
}

#[test]
fn codes_are_read_back() {
    for stay in [Stay::Anywhere, Stay::Own, Stay::Land("09".into())] {
        assert_eq!(Stay::from_code(&stay.code()), Some(stay));
    }
    for wrong in ["", "land-", "land-17", "land-00", "land-9", "land-+9", "land-016", "Own"] {
        assert_eq!(Stay::from_code(wrong), None, "{wrong}");
    }
    for class in CertificateClass::ALL {
        assert_eq!(CertificateClass::from_code(class.code()), Some(class));
        let json = serde_json::to_value(class).unwrap();
        assert_eq!(json, class.code());
        assert!(class.covers(class));
    }
    assert!(!CertificateClass::C5Type1.covers(CertificateClass::C5Type2));
    for need in Need::ALL {
        assert_eq!((Need::from_level(need.level()), Need::from_code(need.code())), (need, Some(need)));
        assert_eq!(serde_json::to_value(need).unwrap(), need.code());
    }
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0u128..3, 0u128..6, 0i64..4, 0i64..5000, 0u8..4, 0i64..200, any::<bool>(), 0u8..3);
    prop::collection::vec(one, 0..8).prop_map(|all| {
        let nth = |(number, (offer, name, cents, vcpu, worker, hours, basis, level)): (u128, _)| {
            let (offer, name, cents, vcpu): (u128, u128, i64, i64) = (offer, name, cents, vcpu);
            let (worker, hours, basis, level): (u8, i64, bool, u8) = (worker, hours, basis, level);
            let heard_at = now() - SignedDuration::from_hours(hours);
            let level = Need::from_level(level + 1);
            Candidate {
                offering: offering(offer),
                location: Some(location(number)),
                name: format!("Standort {name}"),
                total: (cents > 0).then(|| Money::from_cents(cents)),
                size: Size { vcpu, memory: 0 },
                worker: match worker {
                    0 => Worker::Nobody,
                    1 => Worker::People,
                    _ => Worker::Operator { heard_at },
                },
                legal_basis: basis,
                ceiling: Protection { confidentiality: level, integrity: level, availability: level },
                ..open(number)
            }
        };
        (0u128..).zip(all).map(nth).collect()
    })
}

proptest! {
    /// At most one is chosen, from the picked offer, and it meets every demand; everything else has a reason.
    #[test]
    fn one_at_most_is_chosen_and_everything_else_is_explained(
        candidates in candidates(),
        offer in 0u128..3,
        by_hand in prop::option::of(0u128..8),
        level in 0u8..4,
    ) {
        let level = Need::from_level(level);
        let demand = Demand {
            protection: Protection { confidentiality: level, ..Protection::default() },
            ..Demand::default()
        };
        let pick = Pick { offering: offering(offer), location: by_hand.map(location) };
        let verdicts = judge(&demand, &candidates, pick);
        prop_assert_eq!(verdicts.len(), candidates.len());
        let mut chosen = 0;
        for (candidate, verdict) in candidates.iter().zip(&verdicts) {
            let reasons = left_out(&demand, customer(), candidate, now());
            match verdict {
                Verdict::LeftOut(told) => prop_assert!(!told.is_empty() && *told == reasons),
                Verdict::NotChosen(_) => prop_assert!(reasons.is_empty()),
                Verdict::Chosen => {
                    chosen += 1;
                    prop_assert!(reasons.is_empty() && candidate.offering == pick.offering);
                    prop_assert!(pick.location.is_none() || candidate.location == pick.location);
                }
            }
        }
        let possible = candidates.iter().zip(&verdicts).any(|(candidate, verdict)| {
            !matches!(verdict, Verdict::LeftOut(_)) && candidate.offering == pick.offering
                && (pick.location.is_none() || candidate.location == pick.location)
        });
        prop_assert_eq!(chosen, usize::from(possible), "a location that may take it is never passed over");
    }

    /// The order in which candidates come favours nobody.
    #[test]
    fn the_order_of_the_candidates_does_not_matter(candidates in candidates(), offer in 0u128..3, turn in 0usize..8) {
        let mut turned = candidates.clone();
        turned.rotate_left(if candidates.is_empty() { 0 } else { turn % candidates.len() });
        turned.reverse();
        let winner = |all: &[Candidate]| {
            let verdicts = judge(&Demand::default(), all, any_of(offer));
            all.iter().zip(verdicts).find(|(_, verdict)| *verdict == Verdict::Chosen).map(|(it, _)| it.location)
        };
        prop_assert_eq!(winner(&candidates), winner(&turned));
    }

    /// More demands never open a location.
    #[test]
    fn more_demands_only_leave_more_out(candidates in candidates()) {
        for candidate in &candidates {
            let little = left_out(&Demand::default(), customer(), candidate, now());
            let much = left_out(&strict(), customer(), candidate, now());
            prop_assert!(little.iter().all(|reason| much.contains(reason)));
        }
    }
}

#[test]
fn only_a_provider_that_the_customer_controls_vouches_for_its_data_centre() {
    for (basis, own) in
        [("INHOUSE_108_1", true), ("INHOUSE_108_4", true), ("RAHMENVERTRAG", false), ("", false)]
    {
        assert_eq!(own_operator(basis), own, "{basis}");
    }
}
