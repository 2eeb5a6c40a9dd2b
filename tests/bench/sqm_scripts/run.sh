#!/bin/sh
# Stands in for run.sh start|stop DEVICE of sqm-scripts, with a real CAKE both ways as layer_cake.qos sets it up, its DSCP unsquashed. It
# skips a start where there is a state file, writes one after a start that worked, and stops only what has one.
here=$(dirname "$0") device=$2 ifb=ifb4$2
state=$here/sqm/$device.state
option() { sed -n "s/^sqm\.$device\.$1='\(.*\)'/\1/p" "$here/uci.txt"; }
mkdir -p "$here/sqm"
case $1 in
  start)
    [ -f "$state" ] && exit 0
    ip link add "$ifb" type ifb
    ip link set "$ifb" txqueuelen 1000 up
    tc -batch - <<END && echo "IFACE=$device" > "$state"
qdisc add dev $device root cake bandwidth $(option upload)kbit diffserv3 nat
qdisc add dev $device handle ffff: ingress
qdisc add dev $ifb root cake bandwidth $(option download)kbit diffserv3 nat
filter add dev $device parent ffff: protocol all prio 10 u32 match u32 0 0 flowid 1:1 action mirred egress redirect dev $ifb
END
    exit 0
    ;;
  stop)
    [ -f "$state" ] || exit 1
    tc qdisc del dev "$device" root
    tc qdisc del dev "$device" ingress
    ip link del "$ifb"
    rm "$state"
    ;;
esac
