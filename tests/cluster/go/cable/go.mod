module wolkenamt.test/cluster/cable

go 1.26.0
