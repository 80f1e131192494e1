### Bookings: progress, access, usage, end.

bookings-lead = What runs for your organisation, how it is doing and what it costs.
bookings-tab-running = Running
bookings-tab-ended = Ended
bookings-empty-running = No booking is running
bookings-empty-ended = No ended bookings yet
bookings-empty-text-running = After the next approved order, what runs appears here. What has ended keeps its evidence under “Bookings, Ended”.
bookings-empty-text-ended = Ended bookings keep their evidence here: usage, invoices and the proof of deletion.
booking-lead = { $offering } from { $provider }.
booking-lead-since = { $offering } from { $provider }, in operation since { $ready-date }.
booking-lead-ended = { $offering } from { $provider }, ended on { $end-date }.
booking-lead-ends = { $offering } by { $provider }, ends on { $end-date }.
booking-aside = Cost and people
booking-access = Access data
booking-size = Size
size-seen = in operation
size-wanted = ordered
booking-usage = Usage and cost
booking-orders = Orders of this booking
booking-finish = End this booking
booking-finish-text = You order the end, a second person approves it. Once the data are deleted at the location, at once or after the promised time of keeping, you get the proof of deletion here.
booking-finish-earliest = Earliest end: { $earliest-date }.
booking-finish-button = Prepare the end
booking-repairs = Changed in the cluster, corrected by the operator
booking-repairs-text = Somebody changed or deleted something of this booking in the cluster. The operator has written it again as it is booked.
booking-repair-changed = changed
booking-repair-deleted = deleted
booking-people = Who is responsible?
booking-end = Ended
booking-end-planned = End on { $end-date }
booking-end-at = End
booking-end-money = No money is running from this moment on.
booking-data-until = Data kept until
booking-final-invoice = Final invoice
booking-final-invoice-open = See the final invoice
booking-final-invoice-pending = Follows when the month is invoiced in which the booking ended.
booking-final-invoice-running = Follows after the end of the booking.
booking-final-invoice-measuring = Waits for the last readings of the location; then it follows when the month is invoiced.
booking-final-invoice-nothing = Not needed: nothing is owed for this booking.
booking-proof = Proof of deletion
booking-proof-text = The location { $location } reported the deletion on { $reported-at }.
booking-answers = Answers from the order
booking-deleting-since = Deletion began on { $since-at }.
booking-proof-no-objects = The location did not list single objects; it reported that nothing of this booking is left.
booking-proof-pending = The location is still deleting. The proof will appear here.
progress-create = Provisioning
progress-change = Change
progress-stop = Stopping
progress-start = Starting again
progress-terminate = Ending and deleting
progress-step = Step { $done } of { $total }, as of { $as-of-at }.
progress-as-of = As of { $as-of-at }
step-waits = waits
step-failed = failed
why-waits = Why it is waiting
why-failed = What happened
why-money = Is money running?
why-actor = Who acts?
why-due = By when?
money-over = No. It costs nothing since its end.
money-none = No. Cost arises only once it is ready.
money-unchanged = Nothing changes about that until then.
money-reserved = No. { $amount-eur } are reserved or committed in the budget, nothing is charged yet.
money-as-before = Yes, at the present price of { $monthly-eur } per month.
due-by = By { $due-at }.
due-none = No deadline was promised.
access-last = Last shown to { $name } on { $revealed-at }
access-allowed = reachable from { $networks }
access-none-yet = No address yet. It appears as soon as it is ready.
access-host = Host
access-address = IP address
access-port = Port
access-database = Database
access-user = User
access-tenant = Tenant
access-username = User
access-fingerprint = Fingerprint of the machine
access-command = Sign in with
access-known-hosts = Line for known_hosts
access-password = Password
access-url = Address in the browser
access-uri = Connection string
access-ca = CA certificate
endpoint-postgresql = Host
endpoint-web = Address in the browser
endpoint-ssh = Host (SSH)
exposure-provider-network = only from the provider's network
exposure-cluster = only within the location
exposure-state-network = from the Land's network
exposure-internet = from the internet
reveal-title = Show access data once
reveal-text = They come straight from the location, encrypted for this one display. Wolkenamt neither stores nor mails them. The display is recorded.
reveal-button = Show access data
reveal-state-waiting = The location is being asked
reveal-state-shown = Your access data
reveal-state-already-shown = Already shown
reveal-state-expired = The location did not answer in time
reveal-state-failed = The access data could not be shown
reveal-waiting-text = Asked on { $requested-at }. The answer usually comes within seconds, at the latest on { $until-at }. “Refresh” shows it as soon as it is there.
reveal-text-already-shown = Each request shows the data exactly once. If you need them again, have them changed on the page of the booking.
reveal-text-expired = Nothing was shown. Ask for the access data again; if it stays like this, the provider can help.
reveal-text-failed = Nothing was shown. The booking runs on unchanged. Ask for the access data again.
reveal-now-only = Visible only now.
reveal-now-only-text = These data disappear when you leave or reload the page. Put them into your password store.
reveal-ca = CA certificate (PEM)
reveal-ca-text = With it your program verifies that it talks to the right server.
reveal-ca-text-database = With psql, for example, by sslmode=verify-full.
reveal-done = Saved, back to the booking
reveal-cancel = Do not wait, back to the booking
reveal-back = Back to the booking
reveal-not-not-ready = Access data exist as soon as the booking is ready.
reveal-not-role = The role “Ordering” or “IT” is needed. Whoever grants roles in your organisation can give it to you.
reveal-not-none = This booking has no access data.
reveal-not-gone = The booking has ended.
action-not-role = The role “Ordering” is needed. Whoever grants roles in your organisation can give it to you.
action-not-order-open = An order for this booking is still open. You can place the next one after it.
action-not-ended = The booking has ended.
cost-month-to-date = net, in the month up to { $as-of-at }
cost-full-month = Full month
cost-last-month = Last month
cost-since-start = Since the start
cost-note = Measured to the second, preview. The invoice is what counts.
cost-lines = Calculation
usage-complete = complete up to { $watermark-at }
usage-none-yet = no usage yet
usage-running = running
usage-show = { $n-count ->
        [one] See 1 usage record
       *[other] See { $total-number } usage records
    }
usage-csv = All usage records as CSV
usage-recorded = recorded
usage-late = late
usage-quarantined = held back
usage-waived = not billed
usage-gaps = { $n-count ->
        [one] 1 irregularity in the usage.
       *[other] { $n-count } irregularities in the usage.
    }
usage-gaps-text = Only what was measured beyond doubt is billed.
gap-missing = records are missing
gap-overlap = records overlap
gap-conflict = contradicting records
gap-ceiling = more measured than ordered
gap-operator-silent = the location could not be reached
meter-vcpu = vCPU
meter-memory = Memory
meter-storage = Storage
meter-instance = Running instance
meter-conversations = Conversations
meter-users = Users
meter-lamps = Lamps
phase-note-operator-silent = location silent since { $since-at }
phase-note-ends = ends on { $end-date }
phase-note-order-open = order { $number } waits for approval
phase-note-reason = { $text }
terminate-title = End { $name }
terminate-lead = You order the end. Until approval the booking runs on unchanged.
terminate-when = When shall the booking end?
terminate-when-hint = At the earliest on { $earliest-date }. No money runs from then on, even if the location cannot be reached.
terminate-justification-hint = Why is the booking no longer needed?
terminate-kept = { $n-count ->
        [0] With the end your data are deleted at once and for good.
        [one] After the end your data are kept for 1 day, as the plan promises; then they are deleted for good.
       *[other] After the end your data are kept for { $n-count } days, as the plan promises; then they are deleted for good.
    }
terminate-confirm = { $n-count ->
        [0] I have saved my data or no longer need them. They are deleted for good with the end.
        [one] I have saved my data or no longer need them. They are deleted for good 1 day after the end, or at once if I chose that.
       *[other] I have saved my data or no longer need them. They are deleted for good { $n-count } days after the end, or at once if I chose that.
    }
terminate-send = Send the termination for approval
terminate-keep = Keep the booking
terminate-what = What happens then
terminate-step-approve = Approval: { $names }. You cannot approve yourself.
terminate-step-stop = The service is switched off at the wished end.
terminate-step-data = { $n-count ->
        [one] Your data are kept for 1 day.
       *[other] Your data are kept for { $n-count } days.
    }
terminate-step-data-none = Your data are deleted at once.
terminate-step-proof = You get the final invoice and the proof of deletion on the page of the booking.
terminate-saves = After that { $monthly-eur } per month, net, cease.
booking-final-invoice-issue = Issue the final invoice
booking-settled = Settled. Everything that this booking cost is on an invoice.
booking-power = Stop and start
booking-power-text-on = While stopped the service cannot be reached; the data stay. A whole month then costs { $stopped-eur } instead of { $running-eur }, net.
booking-power-text-off = The service is stopped; the data stay. Running again, a whole month costs { $running-eur } instead of { $stopped-eur }, net.
power-title-stop = Stop { $name }
power-title-start = Start { $name } again
power-lead-stop = For the night, the weekend or until further notice: what stands still costs less.
power-lead-start = The service returns with the same data and at the same address.
power-stop = Stop now
power-start = Start now
power-leave = Change nothing
power-reason = Reason (optional)
power-reason-hint = Stands with the order and in the audit trail.
power-what = What happens then
power-cost-running = Whole month, running
power-cost-stopped = Whole month, stopped
power-stop-point-reach = After a few moments the service can no longer be reached. Open connections break.
power-stop-point-data = Data, address and access data stay as they are.
power-start-point-same = Data, address and access data are the same.
power-start-point-room = Starting needs free room at the location. If there is none, the page of the booking says so.
power-point-approval = No approval is needed. It is billed to the second.
power-not-role = The role “Ordering” is needed. Whoever grants roles in your organisation can give it to you.
power-not-not-ready = Stopping is possible once the booking has been ready.
booking-change = Plan and size
booking-change-text = Another plan, more storage, other networks: you see the price before and after, before you order. Then somebody approves.
booking-change-button = Change booking
booking-revert-text = The location has not done the last change yet. You can take it back: what was ordered before stays, and the reserved money is free. No approval is needed for that.
booking-revert-button = Take the change back
change-title = Change { $name }
change-lead = Choose what shall be different. First you see the price, then you order.
change-plan-present = your present plan
change-plan-choose = Look at this plan
change-what = What shall be different
change-fixed = stands for the whole booking
change-reason-hint = What the change is needed for. Whoever approves reads it.
change-compare = See the price before and after
change-price = Price before and after
change-before = Full month so far, net
change-after = Full month afterwards, net
change-difference = Difference
change-counts-from-effect = The new price counts once the location has done the change, to the second. Until then you pay as before.
change-counts-from-agreement = The new price counts from the approval on, to the second, even if the location takes longer.
change-reserves = A further { $amount-eur } gross are reserved in the budget line of the booking.
change-approvers = It goes to { $names } for approval.
change-send = Order the change
change-point-approval = Somebody else approves the change before anything happens.
change-point-price = What becomes dearer costs more only once it is there. What becomes cheaper costs less from the approval on.
change-point-break = The service may be interrupted for a short time. Data and access data stay. So does the address, unless you change from where it is reached.
change-point-machine = Another plan takes effect once you stop the machine and start it again. Disk and keys stay. So does the address, unless you change from where it is reached.
change-point-back = As long as the location has not done the change, you can take it back.
change-what-changes = What changes
change-from-to = { $before } → { $after }
booking-data-until-text = Nobody reaches the booking any more, and it costs nothing. Until then you can bring it back.
booking-proof-download = Download the proof of deletion
resume-title = Take the end back
resume-text = The booking comes back with the same data, at the same address and price, once somebody has approved. The time between costs only what it costs while stopped.
resume-reason-hint = Why is the booking needed after all?
resume-send = Send for approval
terminate-at-once = Delete the data at once
terminate-at-once-hint = { $n-count ->
        [one] Otherwise they stay for 1 day, and you can bring the booking back until then.
       *[other] Otherwise they stay for { $n-count } days, and you can bring the booking back until then.
    }
phase-note-kept-until = Data are kept until { $until-at }
progress-resume = Keep longer
order-data = Data
order-data-at-once = Are deleted for good with the end
order-data-kept = { $n-count ->
        [one] Are kept for 1 day, then deleted for good
       *[other] Are kept for { $n-count } days, then deleted for good
    }

# Access data in custody
reveal-not-seen = { $name } saw the access data on { $shown-at }. Whoever needs them once more has them changed first; the new ones can then be shown once.
reveal-not-changing = The access data are being changed. As soon as the location has made new ones, they can be shown here once; that mostly takes less than a minute.
rotation-title = Change access data
rotation-button = Change now
rotation-warning-engine = The present password then stops working: everything that uses it loses its connection until you enter the new one there. No approval is needed, it costs nothing; the others in charge are told by mail.
rotation-warning-broker = The service makes new access data. The present ones stay good for up to seven days; enter the new ones until then. No approval is needed; the others in charge are told by mail.
rotation-people = If you ask for them once more, the provider makes new ones; the present ones then stop working.
rotation-none-inside = You change the password inside the application. Here stands that of the first sign-in; the others in charge are told of each display by mail.
rotation-none-nothing = There is nothing to change here: you sign in with your own key. You put another one into the machine itself.
access-history = Who saw and changed the access data
access-event-shown = Shown
access-event-change-ordered = Change ordered
access-event-changed = Changed; the former ones are not handed out any more
access-event-change-failed = Not changed: there were none at the location
notice-access-changing = The access data are being changed
    .text = As soon as the location has made new ones, you are told by mail and can have them shown once.
refused-reveal-seen = { $name } saw the access data on { $shown-at }. Have them changed first.
refused-reveal-changing = The access data are being changed. Try again in a minute.
refused-rotation-not-possible = This kind of booking cannot change its access data from outside.
mail-access-changing = Access data are being changed: { $title } ({ $number })
mail-body-access-changing = Hello, { $name } has had the access data of “{ $title }” changed since { $requested-at }. What uses the former ones loses its connection. See the booking: { $link }
mail-access-changed = New access data: { $title } ({ $number })
mail-body-access-changed = Hello, the access data of “{ $title }” are changed. You can have the new ones shown once now: { $link }
mail-access-not-changed = Access data not changed: { $title } ({ $number })
mail-body-access-not-changed = Hello, the location has not changed the access data of “{ $title }”: it could not, or it did not answer in time. Unless it reports otherwise, try the former ones. You can order the change again: { $link }
audit-booking-rotate = Access data changed
resume-text-before = The booking then goes on as before, at the same price, once somebody has approved. What it costs in addition in the budget year is reserved before.
assigned = Where it belongs
assigned-now = counts now
assigned-from = from { $from-at }
assigned-first = from the beginning
assigned-button = Transfer
transfer-title = Transfer { $name }
transfer-lead = Another cost centre, ledger account or budget line, also another unit or the next budget year.
transfer-line-hint = The unit of the budget line becomes the unit of the booking.
transfer-from = From which day on?
transfer-from-hint = { $earliest-date } at the earliest. Today means: as soon as somebody has approved. It cannot be backdated.
transfer-reason-hint = Why does the booking move? Whoever approves reads it.
transfer-send = Send for approval
transfer-present = So far
transfer-what-changes = What changes
transfer-point-service = The service runs on unchanged, at the same price and address.
transfer-point-invoice = Invoices split their lines at the first day, to the second.
transfer-point-money = The rest of its year is bound in the new budget line. In the former one, what is left becomes free once the months up to then are invoiced.
resume-title-before = Extend
resume-until = Until when? (optional)
resume-until-hint = The booking ends at the beginning of this day. Empty means: without an end.
exports = How your data come out
exports-toc = Taking data along
exports-before-end = Do you have your data?
export-database-dump = Content of the database
    .how = With pg_dump or another PostgreSQL program on your side, with the access data of the booking. The provider need not do anything.
    .kept = Possible as long as the database runs. After the end take it back while the data are kept; then it runs again.
export-secure-shell = Files of the machine
    .how = By SSH with your own key, for example with rsync or scp.
    .kept = Possible as long as the machine runs. After the end take it back while the data are kept; then it starts again.
export-by-application = Contents of the application
    .how = With the functions of the application itself; what it gives out stands in the description of the offering.
    .kept = Possible as long as the application runs. After the end take it back while the data are kept.
export-by-service = Data of the service
    .how = With the functions of the service itself; what it gives out stands in the description of the offering.
    .kept = Possible as long as the service runs. With the end its operator deletes it.
export-by-people = Data at the provider
    .how = The provider hands them over on request; what and how stands in the description of the offering.
    .kept = Agree on the hand-over before you confirm the end.
export-marketplace = The case in the marketplace
export-marketplace-file = Everything about this booking as a JSON file
export-marketplace-any-time = JSON file on the page of the booking, at any time, also after the end
export-marketplace-text = Orders, agreements, events, tasks, measurements, charges and numbers of invoices. Access data are not in it; the marketplace keeps none.
backups = Backups
backups-promised = Promised
backups-days = { $n-count ->
    [one] one day back
   *[other] { $n-count } days back
    }
backups-last = Last full backup
backups-none-yet = none yet; the first follows the start
backups-since = Earliest state that can be restored
backups-archiving = Since then every change is recorded.
backups-not-archiving = Recording has stopped at present: what was changed after the last backup is not safe yet. The platform team of the provider takes care of it.
restore-title = { $name }: restore an earlier state
restore-lead = You order that the data are again as they were at an earlier moment. Until the earlier state is ready, the database runs on unchanged.
restore-day = Of which day is the state?
restore-day-hint = Any moment from { $since-exact } to { $until-exact } is possible, German time. Choose a moment before the last change of the data: the database does not reach a later one.
restore-time = Time
restore-time-hint = Hour and minute, second if needed, for example 14:05 or 14:05:30
restore-justification-hint = What has happened? Whoever approves reads it.
restore-confirm = { $n-count ->
    [one] I know: what was written after that moment will be missing. The present state is kept for another day. The moment cannot be chosen a second time.
   *[other] I know: what was written after that moment will be missing. The present state is kept for another { $n-count } days. The moment cannot be chosen a second time.
    }
restore-send = Send for approval
restore-keep = Keep the state
restore-what = What happens then
restore-step-approve = Approval: { $names }. You cannot approve yourself.
restore-step-beside = The location makes the earlier state beside the running database. If that fails, it runs on as before, and the page of the booking says why.
restore-step-over = Then name and address lead to the earlier state. Password and CA certificate are new: display the access data again.
restore-step-kept = { $n-count ->
    [one] The present state is deleted after one day, or as soon as you say so.
   *[other] The present state is deleted after { $n-count } days, or as soon as you say so.
    }
restore-costs = It costs nothing more: only the database that you use is ever billed.
restore-replaced = Replaced state
restore-replaced-until = Since the restore the state of { $state-exact } holds. What it replaced is kept until { $until-at }.
restore-link = Restore an earlier state
restore-drop = Delete the replaced state now
restore-drop-confirm = I know: the replaced state will be deleted, and its backups are out of our reach then; the provider deletes them after its term. After that, data can only go back to moments since the restore.
field-drop-confirm-missing = Confirm that the replaced state shall be deleted for good.
progress-restore = Restore an earlier state
