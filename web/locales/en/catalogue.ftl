### Catalogue and offering.

catalogue-lead = Databases, applications, virtual machines and online services from public IT providers, with prices and conditions.
catalogue-search = Search the catalogue
catalogue-placeholder = For example database, chatbot
facet-kind = Kind
facet-provider = Provider
catalogue-count = { $products-count ->
        [one] 1 product
       *[other] { $products-count } products
    }, { $offerings-count ->
        [one] 1 offering
       *[other] { $offerings-count } offerings
    }
catalogue-prices = Net prices, valid on { $on-date }. Protection in the order confidentiality, integrity, availability.
catalogue-reset = Reset search and filters
catalogue-order-question = Where does this order come from?
catalogue-order-answer = Products are listed alphabetically, and so are the providers of a product. In a search, hits in the title come first, then hits in the text. No provider can buy a place. What you may not order is listed all the same, with the reason.
catalogue-col-product = Product and provider
catalogue-col-price = Price
catalogue-col-protection = Protection up to
catalogue-providers = { $n-count ->
        [one] 1 provider
       *[other] { $n-count } providers
    }
catalogue-none-title = No offering matches “{ $q }”
catalogue-none-title-narrowed = No offering matches “{ $q }” with these filters
catalogue-none-title-filters = No offering matches these filters
catalogue-none-text = Search for another word, for example “Datenbank”.
catalogue-none-text-filters = Remove filters or search for another word, for example “Datenbank”.
catalogue-empty-title = No offerings yet
catalogue-empty-text = Offerings of the providers appear here as soon as they are published.
price-from = from
price-plus = plus { $what }
price-month = per month
price-once = once
price-unit = per { $unit }
price-unit-month = per { $unit } and month
price-none = price on request
price-basis = Basis
price-included = { $n-number } { $unit } included
price-tier = up to { $up-to-number }: { $price-eur }
price-tier-last = above: { $price-eur }
protection-spoken = Confidentiality { $confidentiality }, integrity { $integrity }, availability { $availability }
protection-note = Confidentiality, integrity and availability after IT-Grundschutz
offering-version = Version of the offering
offering-version-of = { $version } of { $valid-date }
offering-ready = Ready after approval
usually-minutes = { $n-count ->
        [one] usually in 1 minute
       *[other] usually in { $n-count } minutes
    }
offering-toc-use = What for
offering-toc-price = Price
offering-toc-eligible = May I order?
offering-toc-data = Place of the data
offering-toc-security = Security
offering-toc-operation = Operation
offering-toc-exit = Exit
offering-toc-versions = Versions
offering-use = What is the offering good for?
offering-suited = Well suited
offering-unsuited = Not suited
offering-price = What does it cost my authority?
offering-prices-from = Prices valid from { $from-date }
offering-all-prices = All plans and price components
offering-prices-of = Prices of the plan { $plan }
offering-eligible = May my authority order?
eligible-visitor = That depends on your authority: on roles, legal basis and budget. You see it here after signing in.
eligible-yes = { $organisation } has on file what is needed for ordering.
eligible-no = Something is still missing for { $organisation } before you can order.
eligible-responsible = Evidence is on file but was not legally examined. Your authority remains responsible for it.
offering-facts-data = Where are the data?
offering-facts-security = How secure is it?
offering-facts-operation = What can we rely on?
offering-facts-exit = How do we get out again?
offering-documents = Documents
offering-documents-note = Every edition stays available. Its checksum is part of your contract.
document-edition = Edition
document-size = Size
sha256 = Checksum (SHA-256)
valid-from = Valid from
valid-until = valid until { $until-date }
version-current = current
offering-versions = What has changed?
offering-versions-note = Running bookings keep their version and their price.
order-verb = Order
order-begin = Begin the order
order-sign-in = Sign in and order
order-ask-person = Ask { $name } to order
order-ask-note = The person finds your choice as a draft among the tasks and gets a mail. Nothing is ordered and no money is bound.
order-ask-nobody = Nobody is listed in your organisation who may order. Authorities order; providers and the marketplace only read the catalogue.
order-not-binding = Not binding yet. You check all answers before sending.
order-something-missing = Something is still missing, see “May my authority order?”. You can begin; your answers stay as a draft.
panel-list-price = List price
panel-total-net = { $n-count ->
        [one] In 1 month, net
       *[other] In { $n-count } months, net
    }
vat-visitor = Whether and how much VAT applies, and what your authority pays in total, is shown after signing in.
