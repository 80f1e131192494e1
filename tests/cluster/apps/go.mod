module wolkenamt.test/cluster/apps

go 1.26.0
