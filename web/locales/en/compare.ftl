### The same product of several providers side by side.

catalogue-compare = Compare { $n-count } providers
compare-link = Compare with other providers
compare-title = Comparison: { $title }
compare-h1 = { $n-count ->
        [one] One provider
       *[other] { $n-count } providers compared
    }
compare-for = Prices and legal bases for { $organisation }.
compare-visitor = List prices, net. Sign in to see the prices of your authority:
compare-as-of = As of
compare-change = Change size and demands
compare-again = Compare again
compare-demands = Demand protection, place and evidence
compare-different = Differences
compare-neutral = Providers stand in alphabetical order. Wolkenamt recommends none.
compare-same = The same for all
compare-same-count = { $n-count ->
        [one] 1 answer
       *[other] { $n-count } answers
    }
compare-caption = Differences between the offers
compare-row-monthly = Price per month, net
compare-row-total = { $n-count ->
        [one] 1 month, as you pay it
       *[other] { $n-count } months, as you pay them
    }
compare-row-total-net = { $n-count ->
        [one] 1 month, net
       *[other] { $n-count } months, net
    }
compare-row-place = Location
compare-row-protection = Protection need up to
compare-row-certificates = Evidence
compare-row-promised = Availability, promised
compare-row-measured = Availability, measured
compare-row-keep-days = Data after the end
compare-row-legal-basis = Legal basis
compare-row-order = Ordering
compare-none = none
compare-no-price = not in this size
compare-once = plus { $once-eur } once
compare-measured = { $months-count ->
        [one] 1 month
       *[other] { $months-count } months
    }, up to { $bookings-count ->
        [one] 1 booking
       *[other] { $bookings-count } bookings
    }
compare-not-measured = not measured yet
compare-keep = { $n-count ->
        [one] kept 1 day
       *[other] kept { $n-count } days
    }
compare-keep-none = deleted at once
compare-basis-none = none on file
compare-may = possible
compare-may-not = not possible now
compare-sign-in = after signing in
compare-choose = Choose
compare-choose-text = With the order Wolkenamt records why this offer was taken and none of the others: for the approval and for the audit.
compare-order = Order here
compare-not-authority = Only authorities can order.
compare-not-role = You lack the role “orders”.
compare-not-no-legal-basis = No legal basis is on file for this provider.
compare-not-size = The offer does not exist in this size.
compare-not-place = No location can take the order.
