### Sign-in, start, account, audit, mails, API.

sign-in-title = Sign in
sign-in-lead = For searching, ordering, approving and invoicing.
sign-in-email = E-mail address at work
sign-in-email-short = E-mail address
sign-in-password = Password
sign-in-wait = Too many wrong attempts. You can try again in { $seconds } seconds.
sign-in-demo-title = Demonstration accounts
sign-in-demo-note = invented people
sign-in-demo-person = Person and role
sign-in-know-title = Good to know
sign-in-know-idle = After a longer time without input you are signed out. Begun orders stay as drafts.
sign-in-know-password = Wolkenamt never asks for your password by e-mail or telephone.
start-welcome = Welcome, { $name }
start-hello = Good day, { $name }
start-first-lead = Your access for { $organisation } is ready. You can look around at once.
start-tasks = { $n-count ->
        [one] 1 task is with you.
       *[other] { $n-count } tasks are with you.
    }
start-no-tasks = Nothing is with you.
start-search = Find an offering
start-my-tasks = My tasks
start-by-deadline = by deadline
start-tasks-empty = Nothing to do
start-tasks-empty-text = Approvals, drafts and deadlines that wait for you appear here. You also get a mail when somebody needs your decision.
start-waiting = { $n-count ->
        [one] 1 matter that you wait for
       *[other] { $n-count } matters that you wait for
    }
start-bookings = Bookings of my organisation
start-bookings-provider = What runs with us
start-aside = Budget and roles
start-steps = In four steps
start-step-1 = Find an offering and calculate the price
start-step-2 = Order: fill in one page, check one
start-step-3 = A second person approves
start-step-4 = Get the access data, usually after minutes
start-roles = Your roles
start-roles-none = None yet. You can look around all the same.
start-helper = { $name } answers questions about roles and budget.
task-approve = Decide about “{ $title }”
task-finish-draft = Finish the order “{ $title }”
task-reveal-access = Get the access data of “{ $title }”
task-check-invoice = Check invoice { $title }
task-close-month = Invoice { $title }
task-enrol-location = Enrol the location “{ $title }”
task-note-requested-by = ordered by { $name }
task-note-budget-short = The budget is not sufficient
task-note-ready = Running since { $ready-at }
task-note-incomplete = Answers are still missing
tokens-lead = With an access token a program acts in your name, with your roles.
tokens = Access tokens
token = Token
tokens-empty = No access tokens yet
tokens-empty-text = For scripts and the command line. Make one per program, then you can revoke each by itself.
token-new = New access token
token-name = What is it for?
token-name-hint = For example “nightly cost report”.
token-days = Valid for
token-roles = Which of your roles may it use?
token-roles-hint = Only as many as the program needs. If you lose a role, the token loses it too.
token-no-roles = no role
token-reads-only = reads only
token-reads-only-wish = Read only
token-reads-only-hint = The program cannot order, approve or change anything.
token-create = Make an access token
token-revoke = Revoke
token-made = Access token “{ $name }”
token-made-text = Valid until { $expires-at }. Wolkenamt stores only its digest and cannot show it again.
last-used = Last used
expires = Valid until
expired = expired
sessions = Sessions
sessions-note = Where you are signed in
session-current = this session
session-end = Sign out
device = Device
signed-in-at = Signed in since
last-seen = Last seen
audit-lead = Who did what when. Every entry contains the checksum of the one before; a change would show.
audit-entries = Entries
audit-number = No.
audit-action = Action
audit-empty = No entries yet
audit-empty-text = Every action of your organisation appears here as soon as the first one happens.
audit-note = Checksum of the last entry:
chain-intact = Chain intact
chain-broken = Chain broken
chain-broken-at = From entry { $entry } on the checksum does not fit.
chain-broken-next = The marketplace operation has to clear this up. Do not change any data.
chain-checked = Checked
chain-checked-to = { $checked-number } of { $length-number } entries
chain-walked = Last from the beginning
chain-length = Entries
mails-lead = The demonstration sends no mails, it keeps them here.
mails-kept = { $n-count ->
        [one] 1 mail
       *[other] { $n-count } mails
    }
mails-empty = No mails yet
mails-empty-text = When an order waits for approval or is decided, the message appears here.
mail-from = From
mail-to = To
mail-text = Text of the mail
api-lead = Whatever the pages can do, the API can do too. This page is made from the OpenAPI document.
api-use = How to use the API
api-use-token = Send an access token in the header “Authorization: Bearer …”. You make it under “Access tokens and sessions”.
api-use-key = Writing calls take the header “Idempotency-Key”: the same key takes effect exactly once, even if you repeat the call.
api-use-etag = Answers carry an “ETag”. With “If-Match” you change only what you have seen.
api-use-pages = Lists come in pages; “next” is the cursor of the next one.
api-use-problem = Errors come as “application/problem+json” with a stable code and a pointer to the field.
api-parameters = Parameters
api-place = Place
api-type = Type
api-meaning = Meaning
api-body = Body of the request
api-answers = Answers
api-schemas = Data types
a11y-lead = Everybody should be able to use Wolkenamt, also by keyboard, with magnification or with a screen reader.
a11y-status = Conformance status
a11y-status-text = Built after WCAG 2.2 level AA, EN 301 549 and BITV 2.0. There has been no examination by an independent body yet; until then the site counts as partially conformant.
a11y-checked = What we check
a11y-checked-text = Every page is checked automatically with axe-core in empty, filled and faulty states. Everything works without JavaScript, by keyboard and at a width of 320 pixels.
a11y-open = What is still open
a11y-open-text = A test with screen readers by people concerned, a BITV test, texts in easy language and in sign language are outstanding. Descriptions of offerings come from the providers and exist in German only.
a11y-report = Report a barrier
a11y-report-text = Write to the body that runs this portal. Name the address of the page and what did not work. Whoever runs a real installation adds the contact and the enforcement body here.
api-schemas-show = { $n-count ->
        [one] 1 data type
       *[other] { $n-count } data types
    }
task-look-at-location = The location “{ $title }” is silent
task-look-at-booking = Look at the disturbance of “{ $title }”
task-note-asked-by = asked for by { $name }
task-note-from = from { $name }
task-note-disturbed = since { $since-at }
task-note-silent = last heard { $since-at }
start-tasks-empty-text-provider = Disturbances, locations without an operator, and months that can be invoiced appear here.
