#!/bin/sh
# QoS on for half an hour, from a phone (Termux:Widget runs what lies in ~/.shortcuts), a desk or a cron job. Asks the router over
# MQTT 5 and prints its answer; exit status 1 without one or when it refuses.
#
#   qos-for-a-while.sh                 on for 30 minutes
#   qos-for-a-while.sh OFF 10m         off for ten
#   qos-for-a-while.sh AUTO            back to what the router thinks
#
# Needs mosquitto_rr (package mosquitto-clients; in Termux: mosquitto). User and password stand in ~/.config/mosquitto_rr, a line each:
#   -u phone
#   -P THE PASSWORD
# That file may also say --cafile /path/ca.crt for a broker with TLS.
set -eu

: "${BROKER:=192.168.1.2}" "${PORT:=1883}" "${NODE:=voip-qos/router}"
state=${1:-ON} limit=${2:-}
if [ "$state" != AUTO ] && [ -z "$limit" ]; then
  limit=30m
fi
order="{\"value\":\"$state\"${limit:+,\"for\":\"$limit\"}}"
answer=$(mosquitto_rr -V 5 -q 1 -W 5 -h "$BROKER" -p "$PORT" -t "$NODE/request/qos" -e "$NODE/response/phone-$$" -m "$order") || answer=
case $answer in
  *'"status":"ok"'*) echo "QoS $state${limit:+ for $limit}" ;;
  '') echo "no answer from $NODE at $BROKER within 5 s" >&2; exit 1 ;;
  *) echo "refused: $answer" >&2; exit 1 ;;
esac
