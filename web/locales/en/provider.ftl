### Locations and incoming orders of a provider.

locations-lead = Your clusters and what their operator reports. The operator in the cluster opens all connections; the marketplace never reaches in.
locations-count = { $n-count ->
        [one] 1 location
       *[other] { $n-count } locations
    }
locations-empty = No locations yet
locations-empty-text = Create a location. You then get a one-time code with which the operator of your cluster enrols.
location-new = Create a location
location-name = Name of the location
location-name-hint = As shown in offerings and bookings, for example “Beispielhausen”.
location-place = Town and Land
location-place-hint = For example “Beispielhausen, Hessen”. Customers see where their data are.
location-create = Create the location
location-state-not-enrolled = Not enrolled yet
location-state-connected = Connected
location-state-silent = Silent
location-state-revoked = Access revoked
location-revoke = Revoke access
location-revoke-note = Takes effect with the operator's next request. Running bookings in the cluster are not touched.
location-no-bookings = No bookings at this location yet
location-no-bookings-text = The operator fetches approved orders by itself.
heartbeat = last report { $heartbeat-at }
heartbeat-head = Last report
capacity = Capacity
capacity-used = { $title }: { $used-number } of { $total-number } { $unit }
capacity-class = Class
capacity-in-use = in use
capacity-total = total
capacity-none = The location has not reported its capacity yet.
simulated-text = No real workloads run at this location: the cluster only imitates nodes. Access data and usage are examples.
operator = Operator
enrolled = Enrolled
enrolment-code = One-time code for enrolment
enrolment-code-text = Valid until { $valid-at }, for exactly one enrolment. Wolkenamt stores only its digest.
enrolment-command = How to enrol the cluster
enrolment-pending = A one-time code was issued and is valid until { $valid-at }.
enrolment-make = Make a one-time code
enrolment-make-note = A new code invalidates an earlier one.
key-fingerprint = Fingerprint of the key
brokers = Service brokers
broker-plans = { $n-count ->
        [one] { $name } (1 plan)
       *[other] { $name } ({ $n-count } plans)
    }
abilities = What the cluster enforces
generation = Generation
generation-of = { $seen } of { $wanted }
provider-orders-empty = Nothing is running
provider-orders-empty-text = Every approved order that runs with you appears here.
