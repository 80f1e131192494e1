### Ordering and approving.

order-eyebrow-draft = Order, draft
order-form-title = Order { $offering }
order-form-h1 = Order { $offering }
order-steps = Steps of the order
order-step-form = Answers
order-step-check = Check and send
order-step-approval = Approval by a second person
order-what = What do you need?
order-name = Name of the booking
order-name-hint = You and your team will find the booking under this name, for example “Tree register, database”.
order-money = Who pays?
order-budget-line = Which budget line pays?
order-budget-line-hint = You see the lines that you may order for.
order-budget-available = Available { $available-eur } of { $budget-eur }, budget year { $year }
order-budget-none = No budget line is assigned to you yet.
order-budget-helper = A line is missing? { $name } can help.
order-cost-centre-hint = It appears on the invoice and in the cost report.
order-cost-centre-hint-typed = It appears on the invoice and in the cost report, for example 11140. Your organisation keeps no list here.
order-ledger-account-hint = The account on which the expense is booked.
order-ledger-account-hint-typed = The account on which the expense is booked, for example 5431000. Your organisation keeps no list here.
order-why = Why and from when?
legal-basis = Legal basis
legal-basis-evidence = Evidence: { $evidence }
order-legal-basis-hint = Why your authority may buy from { $provider }. Wolkenamt records the answer and does not examine it legally.
order-legal-basis-none = No legal basis is on file for this provider yet.
order-start = When shall the booking begin?
order-start-hint = At the earliest on { $earliest-date }. Cost arises only once it is ready.
justification = Justification
order-justification-hint = What do you need it for? The approver and the auditors read this.
order-continue = Continue to the check
order-continue-note = Your answers are stored as a draft. Nothing is ordered and no money is bound yet.
order-back-to-offering = Back to the offering
order-yours = Your order
order-who-approves = Who approves?
order-approvers = { $names }. You cannot approve yourself.
order-approvers-none = Nobody in your organisation may approve this amount yet.
answers-what = What is ordered
answers-money = Who pays
answers-why = Why and from when
answers-version = offering version { $version }
answers-start = Wished start
answers-end = Wished end
check-title = Check and send
check-cost = What it costs
check-years = Per budget year
check-price-kept = This price is fixed when you send the order.
check-checks = What was checked
check-next = What happens after sending
check-next-reserve = { $amount-eur } are reserved in line { $line }.
check-next-approve = The order goes to { $names } for approval. You cannot approve yourself.
check-next-due = Deadline { $due-date }.
check-next-provision = After approval { $provider } provisions the booking.
check-next-provision-usual = { $n-count ->
        [one] After approval { $provider } provisions the booking, usually in 1 minute.
       *[other] After approval { $provider } provisions the booking, usually in { $n-count } minutes.
    }
check-next-cost = Cost arises only once it is ready, at the earliest on { $start-date }.
check-confirm = I have checked the answers and may order for my organisation.
check-send = Send the order for approval
check-keep = Keep as draft
orders-lead = What you and your organisation have ordered, and who is deciding about it.
orders-tab-mine = Mine
orders-tab-organisation = All of the organisation
orders-tab-drafts = Drafts
orders-empty-mine = No orders yet
orders-empty-organisation = No orders yet
orders-empty-drafts = No drafts
orders-empty-text-mine = What you have ordered and whom it waits for appears here.
orders-empty-text-organisation = What your organisation has ordered appears here.
orders-empty-text-drafts = Begun orders stay here until you send them.
requested-by = Ordered by
decided-by = Decided by
decides = Decision lies with
decide-by = Decision by
deputy-for = as deputy for { $name }
waits-for = Waits for { $names }
due = deadline { $due-date }
due-until = by { $due-date }
overdue-since = overdue since { $due-date }
no-deadline = no deadline
order-lead = { $offering } from { $provider }, ordered by { $name } on { $requested-at }.
order-status = How is it going?
order-to-booking = To the booking
order-rejected-by = Rejected by { $name }:
order-rejected-next = The reserved money is free again. You can order anew with changed answers.
order-declined-next = Nothing is set up, and the money is free again. You can order anew in another way or from another provider.
order-decide = Decide about the order
order-withdraw = Withdraw the order
order-withdraw-note = { $amount-eur } become free again.
order-who = Who is involved?
order-cost-panel = Cost
approvals-lead = Orders that you decide about.
approvals-deputy = You also stand in for { $name } until { $until-date }.
approvals-open = { $n-count ->
        [0] No order waits for you
        [one] 1 order waits for you
       *[other] { $n-count } orders wait for you
    }
approvals-above = Above your limit
approvals-above-text = Whoever has a higher limit can approve them. You can reject them.
approvals-open-caption = Open approvals
approvals-order = by deadline
approvals-empty-title = Nothing to decide
approvals-empty-text = Orders of other people within your role and limit appear here. You get a mail then.
approvals-role-title = The role “Approving” is missing
approvals-role-text = You cannot decide anything here. Whoever grants roles in your organisation can give it to you.
approvals-decided = Decided recently
checked = Check
decision = Decision
approval-title = Approval { $number }
approval-question = Approve { $name }?
approval-about = What is it about?
approval-service = Service
approval-cost = { $n-count ->
        [one] { $monthly-eur } per month net, { $total-eur } in 1 month including VAT
       *[other] { $monthly-eur } per month net, { $total-eur } in { $n-count } months including VAT
    }
approval-all-answers = All answers of the order
approval-budget = Is the budget sufficient?
approval-budget-line = Line { $code }, budget year { $year }
approval-budget-caption = Budget before and after approval
approval-budget-short = The budget is not sufficient.
approval-budget-short-text = Talk to the treasury, or reject with a reason.
approval-evidence = Which evidence is on file?
approval-decide = Your decision
approve-verb = Approve
approve-note = Provisioning begins at once
approve-note-create = Provisioning begins at once
approve-note-change = The change goes to the location. What it costs in addition is bound.
approve-note-resume = The booking runs and costs on as before
approve-note-transfer = From the first day on invoices name the new cost centre; the service runs on unchanged
approve-note-terminate = The end is started at the location
reject-verb = Reject
reject-note = { $amount-eur } become free again
approval-reason-hint = Mandatory when rejecting. { $name } and the auditors read this.
approval-save = Save the decision
approval-decided = { $name } decided on { $decided-at }.
before = before
after = after
approval-row-good = All on file
approval-row-budget-short = Budget not sufficient
approval-row-notes = { $n-count ->
        [one] 1 note
       *[other] { $n-count } notes
    }
approval-row-above-limit = Above your limit
why-not-own-order = You placed this order yourself. Another person has to decide.
why-not-limit = The amount { $amount-eur } is above your limit of { $limit-eur }. A person with a higher limit can decide.
why-not-role = You lack the role “Approving”. Whoever grants roles in your organisation can give it to you.
why-not-decided = This order has been decided already.
why-not-expired = The deadline has passed, the money is free again.
approval-cost-none = No new cost
asked-by = asked for by { $name }
draft-discard = Discard the draft
order-fixed-end = Fixed term until? (optional)
order-fixed-end-hint = The booking ends at the beginning of this day; a reminder comes 30 and 7 days before. Empty means: without an end.
answers-fixed-end = Ends at the beginning of
answers-no-end = without an end
approve-note-restore = The data go back to this state; what was written since is replaced
order-restore-at = State of
order-restore-kept = { $n-count ->
    [one] The replaced state is kept for another day
   *[other] The replaced state is kept for another { $n-count } days
    }
