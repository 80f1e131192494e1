### Availability of a booking and announced maintenance.

available = Availability
available-title = Availability: { $name }
available-h1 = Availability in { $month }
available-lead = Measured from what the location reported, to the second. Every interruption is listed below.
available-lead-running = The month is not over. Measured from what the location reported until now; every interruption is listed below.
available-sum = Measured and promised
available-month = Month
available-months = Months
available-measured = measured
available-promised = promised
available-at-least = at least { $percent-number } % if all that is unknown was a disturbance
available-unknown = unknown
available-no-promise = nothing promised
available-nothing = nothing to measure
available-kept = kept
available-missed = not kept
available-open = open
available-so-far-kept = kept so far
available-so-far-missed = not kept so far
available-so-far-open = open
available-stretches = { $n-count ->
        [one] 1 stretch not available
       *[other] { $n-count } stretches not available
    }
available-lead-time = maintenance counts as agreed if it is announced { $n-count } hours before
available-kind = Kind of time
available-duration = Duration
available-whole = whole month
available-formula = Measured is available divided by available and disturbed. Maintenance, unknown time and time that does not count are left aside; nothing is ever rounded up.
available-evidence = When it was not available
available-evidence-none = In this month it was available all the time that counts.
available-open-end = goes on
use-available = available
    .text = The location reported that it could be used
use-interrupted = disturbed
    .text = Not usable, though you had not ordered that
use-maintenance = agreed maintenance
    .text = Not usable or without a word within maintenance that was announced in time
use-unknown = unknown
    .text = Nothing was heard of the location; that does not count as available
use-not-counted = not counted
    .text = Before the first readiness, stopped or ended by you, or still to come
maintenance = Maintenance
maintenance-title = Maintenance at location { $name }
maintenance-open = See and announce maintenance
maintenance-text = Customers with bookings here get a mail for every announcement and see it on their booking.
maintenance-lead = { $bookings-count ->
        [one] 1 booking runs here
       *[other] { $bookings-count } bookings run here
    } { $customers-count ->
        [one] for 1 customer.
       *[other] for { $customers-count } customers.
    } Whatever you announce, all of them hear of it.
maintenance-windows = Announced
maintenance-empty = No maintenance announced
maintenance-empty-text = Coming windows and those of the last 90 days are listed here.
maintenance-announce = Announce maintenance
maintenance-announce-hint = Times as on clocks in Germany. It counts as agreed for all bookings here if it begins { $earliest-at } at the earliest; sooner is possible, but does not count.
maintenance-from = Begin
maintenance-until = End
maintenance-reason = What you do and what customers notice of it
maintenance-reason-hint = Stands like this in the mail and on each booking. 500 characters at most.
maintenance-shorten = Shorten or withdraw
maintenance-shorten-hint = A window only becomes shorter; the announcement stays readable. Leave empty what stays.
maintenance-new-from = Later begin
maintenance-new-until = Earlier end
maintenance-shorten-button = Shorten
maintenance-withdraw = Withdraw
maintenance-rules = What counts
maintenance-rule-lead = What is announced { $n-count } hours before is agreed. What is announced later is shown, but counts as a disturbance.
maintenance-rule-mail = Whoever has a booking here gets a mail, also when you shorten or withdraw.
maintenance-rule-history = Nothing of it is changed afterwards. Shortening and withdrawing are new entries.
maintenance-coming = coming
maintenance-running = running
maintenance-over = over
maintenance-state-withdrawn = withdrawn
maintenance-notice-announced = Announced { $said-at }
maintenance-notice-shortened = Shortened { $said-at }
maintenance-notice-withdrawn = Withdrawn { $said-at }
maintenance-said = Announced { $announced-at }.
maintenance-was-shortened = Shortened since.
maintenance-agreed = counts as agreed
maintenance-late = announced too late, does not count
maintenance-late-note = What was announced too late is shown, but excuses no disturbance.
notice-maintenance-announced = The maintenance is announced
    .text = Customers with bookings here get a mail.
notice-maintenance-shortened = The maintenance is shorter
    .text = Customers with bookings here get a mail.
notice-maintenance-withdrawn = The maintenance is withdrawn
    .text = Customers who knew of it get a mail.
field-moment-from = Begin: give day and time, for example 5 December 2026, 22:00.
field-moment-until = End: give day and time, for example 5 December 2026, 23:30.
field-maintenance-reason = What you do: write what you do and what customers notice of it, in { $max } characters at most.
field-maintenance-empty = End: it must come after the begin.
field-maintenance-past = That is in the past. What has been cannot be announced or shortened any more.
field-maintenance-too-long = A window lasts seven days at most. Announce several.
field-maintenance-too-far = Begin: maintenance is announced a year ahead at most. Check the year.
field-maintenance-begun = The maintenance has begun. It can only end earlier.
field-maintenance-not-shorter = A window only becomes shorter and never reaches beyond what was announced. Otherwise announce a new one.
field-maintenance-over = This maintenance is over or withdrawn.
refused-maintenance-empty = The end must come after the begin.
refused-maintenance-past = That is in the past.
refused-maintenance-too-long = A window lasts seven days at most.
refused-maintenance-too-far = Maintenance is announced a year ahead at most.
refused-maintenance-begun = The maintenance has begun. It can only end earlier.
refused-maintenance-not-shorter = A window only becomes shorter and never reaches beyond what was announced.
refused-maintenance-over = This maintenance is over or withdrawn.
mail-maintenance-announced = Maintenance at location { $location } from { $from-at }
mail-body-maintenance-announced = Good day, the provider announces maintenance at location { $location }: { $from-at } until { $until-at }. Reason: “{ $reason }”. Concerned: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}and { $more-count } more
    }. There is nothing for you to do; whether the time counts as agreed stands on the booking: { $link }
mail-maintenance-shortened = Maintenance at location { $location } is shorter
mail-body-maintenance-shortened = Good day, the maintenance at location { $location } now lasts only from { $from-at } until { $until-at }. Reason: “{ $reason }”. Concerned: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}and { $more-count } more
    }. See: { $link }
mail-maintenance-withdrawn = Maintenance at location { $location } is off
mail-body-maintenance-withdrawn = Good day, the maintenance at location { $location } that was announced for { $from-at } until { $until-at } is off. Concerned would have been: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}and { $more-count } more
    }. See: { $link }
