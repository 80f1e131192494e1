### Where an order runs: demands, choice, reasons.

place-title = Where shall it run?
place-needs = Protection need
place-needs-hint = Your protection need after IT-Grundschutz (BSI standard 200-2). Locations that are not cleared for it are left out.
aim-confidentiality = Confidentiality
aim-integrity = Integrity
aim-availability = Availability
need-normal = normal
need-high = high
need-very-high = very high
place-stay = Where the data stay
place-stay-hint = All locations are in Germany. Demand more only if there is a reason for it.
place-stay-anywhere = at any location of the provider
place-stay-land = only in { $land }
place-stay-own = only in the own data centre
place-certificate = Evidence that the location must have
place-certificate-hint = Counts if the evidence has not run out on the day of the order.
place-certificate-none = none demanded
certificate-c5-type-1 = BSI C5 type 1
certificate-c5-type-2 = BSI C5 type 2
certificate-iso-27001 = ISO 27001
certificate-it-grundschutz = ISO 27001 on the basis of IT-Grundschutz
place-by-rule = Wolkenamt chooses by rule
place-by-rule-hint = Among the locations that fulfil everything: heard of lately, then the price, then the free room, then the name.
place-by-rule-note = chosen by rule: heard of lately, price, free room, name
place-by-hand-note = chosen by the person who ordered
place-by-people = Set up by the provider’s people
place-up-to = Protection need up to
place-shut = { $n-count ->
        [one] One location is left out
       *[other] { $n-count } locations are left out
    }
place-where = Where it runs
place-verdicts = Why here and nowhere else
place-cost = { $n-count ->
        [one] 1 month, gross
       *[other] { $n-count } months, gross
    }
place-outcome = Result
place-chosen = chosen
place-not-chosen = possible, not chosen
place-left-out = left out
place-as-of = Judged on { $placed-at }, with the prices and reports of that moment. This record is never changed.
left-out-without-operator = No operator is enrolled there.
left-out-silent = Its operator is silent, last heard { $since-at }.
left-out-not-the-kind = The cluster there lacks the service that is needed.
left-out-not-the-broker = The service broker that sets this offer up is not connected there.
left-out-not-the-choice = The chosen version or equipment does not exist there.
left-out-protection-confidentiality = Confidentiality: cleared up to { $offered ->
        [normal] normal
        [high] high
       *[other] very high
    }, demanded is { $needed ->
        [normal] normal
        [high] high
       *[other] very high
    }.
left-out-protection-integrity = Integrity: cleared up to { $offered ->
        [normal] normal
        [high] high
       *[other] very high
    }, demanded is { $needed ->
        [normal] normal
        [high] high
       *[other] very high
    }.
left-out-protection-availability = Availability: cleared up to { $offered ->
        [normal] normal
        [high] high
       *[other] very high
    }, demanded is { $needed ->
        [normal] normal
        [high] high
       *[other] very high
    }.
left-out-other-land = Not in the Land that was demanded.
left-out-not-own-data-centre = Not in your own data centre.
left-out-certificate-missing = It lacks the evidence that was demanded.
left-out-certificate-over = The evidence that was demanded ran out on { $until-date }.
left-out-full-vcpu = Too few processors free: { $free-number } vCPU, needed are { $needed-number }.
left-out-full-memory = Too little memory free: { $free-number } GiB, needed are { $needed-number }.
left-out-plain-silent = Its operator is silent.
left-out-plain-full-vcpu = Too few processors free.
left-out-plain-full-memory = Too little memory free.
left-out-no-plan = The offer has no comparable plan with prices.
left-out-no-legal-basis = No legal basis is on file for this provider.
not-chosen-picked = The person who ordered chose otherwise.
not-chosen-not-heard = The chosen location was heard of within the last minutes, this one was not.
not-chosen-dearer = Costs { $by-eur } more in { $months } months than the chosen location.
not-chosen-less-room = Costs the same; more stays free at the chosen location.
not-chosen-same-by-name = Alike in everything; the name decides.
check-place-good = Location { $location } has room for it
    .detail = Checked with its last report
check-place-full-bad = Location { $location } has no room any more
    .detail = { $n-count ->
        [0] No other location of this offer has room now either. Reject, then the reserved money is free; it can be ordered from another provider.
       *[other] There is room at: { $others }. Reject, then the reserved money is free and it can be ordered there anew.
    }
check-place-unfit-bad = Location { $location } does not fulfil the order any more
    .detail = { $n-count ->
        [0] No other location of this offer fulfils it now either. Reject, then the reserved money is free; it can be ordered from another provider.
       *[other] It is still fulfilled at: { $others }. Reject, then the reserved money is free and it can be ordered there anew.
    }
check-restore-no-room-bad = Location { $location } has no room for the earlier state beside the running database
    .detail = Until the earlier state takes over, both run. Wait and try again before the deadline; the provider can make room.
refused-restore-no-room = Location { $location } has no room at present to make the earlier state beside the running database. Nothing is approved, and the database runs unchanged. Try again before the deadline, or ask the provider to make room.
refused-place-full = Location { $location } has filled up since the order was sent. An approval would only wait, so nothing is approved; it costs nothing. { $n-count ->
        [0] No other location of this offer has room now. Reject, or wait and try again before the deadline.
       *[other] There is room at: { $others }. Reject and have it ordered there anew, or try again before the deadline.
    }
refused-place-unfit = Location { $location } does not fulfil the order any more. Nothing is approved and it costs nothing. { $n-count ->
        [0] No other location of this offer fulfils it now. Reject.
       *[other] It is still fulfilled at: { $others }. Reject and have it ordered there anew.
    }
field-demand = Choose protection need, place and evidence from the values on offer.
field-location-unknown = Location: this offer has no such location. Choose one of those named.
field-place-without-operator = Location { $name }: no operator is enrolled there. Choose another one.
field-place-silent = Location { $name }: it is silent, last heard { $since-at }. Choose another one, or ask the provider.
field-place-not-the-kind = Location { $name }: the cluster there lacks the service that is needed. Choose another one.
field-place-not-the-broker = Location { $name }: the service broker that sets this offer up is not connected there. Choose another one.
field-place-not-the-choice = Location { $name }: the chosen version or equipment does not exist there. Change the answers or choose another location.
field-place-protection-confidentiality = Protection need: no location covers the demanded confidentiality; { $name } is cleared only up to { $offered ->
        [normal] “normal”
        [high] “high”
       *[other] “very high”
    }. Check the protection need, or compare other providers.
field-place-protection-integrity = Protection need: no location covers the demanded integrity; { $name } is cleared only up to { $offered ->
        [normal] “normal”
        [high] “high”
       *[other] “very high”
    }. Check the protection need, or compare other providers.
field-place-protection-availability = Protection need: no location covers the demanded availability; { $name } is cleared only up to { $offered ->
        [normal] “normal”
        [high] “high”
       *[other] “very high”
    }. Check the protection need, or compare other providers.
field-place-other-land = Where the data stay: no location is in the Land that was demanded. The nearest would be { $name }.
field-place-not-own-data-centre = Where the data stay: this provider runs no location in your own data centre. The nearest would be { $name }.
field-place-certificate-missing = Evidence: no location can show what was demanded, nor can { $name }.
field-place-certificate-over = Evidence: what was demanded of { $name } ran out on { $until-date }, and no other location has it.
field-place-full-vcpu = Location { $name }: only { $free-number } vCPU are free, needed are { $needed-number }. Choose a smaller plan, or compare other providers.
field-place-full-memory = Location { $name }: only { $free-number } GiB of memory are free, needed are { $needed-number }. Choose a smaller plan, or compare other providers.
field-place-no-plan = There is no price for these answers.
field-place-no-legal-basis = No legal basis is on file for this provider.
profile = What the location promises
profile-text = Orders are placed by it: whoever demands more protection, a place or evidence that the location does not promise, is not offered it.
profile-stated-at = last stated { $stated-at }
profile-never = never stated
profile-data-centre = Stands in the data centre of
profile-data-centre-own = yourselves or your contractor
profile-data-centre-hint = Only if the location stands in the data centre of an authority: its short name, such as musterstadt. For its orders the location then counts as its own data centre; that holds only for yourselves and for authorities that list you as in-house contractor (§ 108 GWB).
profile-certificates = Evidence
profile-certificates-none = none stated
profile-certificate-number = Number or report
profile-certificate-until = Valid until
profile-change = Change what is promised
profile-state = Save what is promised
notice-profile-stated = What the location promises is saved
    .text = It counts for orders from now on. What was ordered before keeps its location.
field-certificate-number = Number or report: give the number of the evidence, { $max } characters at most.
field-certificate-over = Valid until: this evidence expired on { $until-date }. Give the new one, or leave both fields empty.
field-certificate-until = Valid until: give the last day on which the evidence counts.
field-organisation-unknown = Stands in the data centre of: there is no such organisation here. Give its short name as in addresses.
