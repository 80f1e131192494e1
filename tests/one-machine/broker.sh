# The service broker of `make run`: a stand-in (tests/brokers/efa.py) in the network of one location. Sourced by one-machine.sh.
# It owns the broker's password, which is drawn on this machine, and the file that tells the operator of it.

# Its library is fetched meanwhile; only the first start has to.
prepare_broker() {
  [ -n "$broker_location" ] || return 0
  setpriv --pdeathsig TERM tests/brokers/environment.sh >/dev/null 2>>"$home/logs/broker.log" 9>&- &
}

start_broker() {
  [ -n "$broker_location" ] || return 0
  local folder=$home/broker python
  mkdir -p "$folder"
  chmod 700 "$folder"
  [ -s "$folder/password" ] || (umask 077; openssl rand -hex 24 >"$folder/password")
  python=$(tests/brokers/environment.sh 2>>"$home/logs/broker.log") || fail "the broker's library cannot be had: $home/logs/broker.log"
  EFA_PASSWORD=$(cat "$folder/password") EFA_STATE=$folder/instances.json start broker "$python" tests/brokers/efa.py wolkenamt "$broker_port"
  (umask 077; cat >"$folder/brokers.yaml") <<END
efa:
  url: http://127.0.0.1:$broker_port
  user: wolkenamt
  password: $(cat "$folder/password")
END
  within 30 "the service broker" "$last" curl -sf "http://127.0.0.1:$broker_port/kept"
}
