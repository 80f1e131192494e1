### Bookings: progress, access, usage, end.

bookings-lead = What runs for your organisation, how it is doing and what it costs.
bookings-tab-running = Running
bookings-tab-ended = Ended
bookings-empty-running = No bookings yet
bookings-empty-ended = No ended bookings yet
bookings-empty-text-running = Your organisation has not booked anything so far. After the first approved order, what runs appears here.
bookings-empty-text-ended = Ended bookings keep their evidence here: usage, invoices and the proof of deletion.
booking-lead = { $offering } from { $provider }.
booking-lead-since = { $offering } from { $provider }, in operation since { $ready-date }.
booking-lead-ended = { $offering } from { $provider }, ended on { $end-date }.
booking-aside = Cost and people
booking-access = Access data
booking-size = Size
size-seen = in operation
size-wanted = ordered
booking-usage = Usage and cost
booking-orders = Orders of this booking
booking-finish = End this booking
booking-finish-text = You order the end, a second person approves it. Then the data are deleted at the location, and you get the proof of deletion here.
booking-finish-earliest = Earliest end: { $earliest-date }.
booking-finish-button = Prepare the end
booking-people = Who is responsible?
booking-end = Ended
booking-end-at = End
booking-end-money = No money is running from this moment on.
booking-data-until = Data available until
booking-final-invoice = Final invoice
booking-final-invoice-open = See the final invoice
booking-final-invoice-pending = Follows with the invoice of the last month, as soon as all usage has arrived.
booking-proof = Proof of deletion
booking-proof-text = The location { $location } reported the deletion on { $reported-at }.
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
money-none = No. Cost arises only once it is ready.
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
access-username = User
access-password = Password
access-url = Address in the browser
access-uri = Connection string
access-ca = CA certificate
exposure-provider-network = only from the provider's network
exposure-landesnetz = from the Land's network
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
reveal-text-already-shown = Each request shows the data exactly once. If you need them again, ask anew.
reveal-text-expired = Nothing was shown. Ask for the access data again; if it stays like this, the provider can help.
reveal-text-failed = Nothing was shown. The booking runs on unchanged. Ask for the access data again.
reveal-now-only = Visible only now.
reveal-now-only-text = These data disappear when you leave or reload the page. Put them into your password store.
reveal-ca = CA certificate (PEM)
reveal-ca-text = With it your program verifies that it talks to the right server, for example psql with sslmode=verify-full.
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
terminate-confirm = { $n-count ->
        [one] I have saved my data or no longer need them. They are deleted for good 1 day after the end.
       *[other] I have saved my data or no longer need them. They are deleted for good { $n-count } days after the end.
    }
terminate-send = Send the termination for approval
terminate-keep = Keep the booking
terminate-what = What happens then
terminate-step-approve = Approval: { $names }. You cannot approve yourself.
terminate-step-stop = The service is switched off at the wished end.
terminate-step-data = { $n-count ->
        [one] Your data stay available for 1 day.
       *[other] Your data stay available for { $n-count } days.
    }
terminate-step-data-none = Your data are deleted at once.
terminate-step-proof = You get the final invoice and the proof of deletion on the page of the booking.
terminate-saves = After that { $monthly-eur } per month, net, cease.
booking-final-invoice-issue = Issue the final invoice
booking-settled = Settled. Everything that this booking cost is on an invoice.
