#!/bin/sh
# Stands in for sqm-scripts' run.sh start|stop [DEVICE] and behaves like it: a lock folder with its owner's number, which nobody
# breaks; a start that skips what is disabled or has a state file, and ends with 0 when it failed; a state file only after a start
# that worked; a stop that knows only what has a state file. $QOS_STATE is its world: how, uci, links, qdiscs, cake (device
# bandwidth modes), runs.
cd "$QOS_STATE" || exit 1
action=$1 device=$2 lock=$QOS_STATE/sqm/sqm-run.lock
echo "$action" >>runs
mkdir -p sqm
tries=10
until mkdir "$lock" 2>/dev/null; do
  sleep 0.05
  tries=$((tries - 1))
  [ "$tries" -eq 0 ] && { echo "Giving up on getting lock; manually remove $lock" >&2; exit 1; }
done
echo $$ >"$lock/pid"
trap 'rm -rf "$lock"' 0
case $(cat how) in
  hangs) while :; do sleep 0.05; done ;;
  floods) head -c 10000000 /dev/zero | tr '\0' x ;;
  dies) kill -9 $$ ;;
esac

option() { sed -n "s/^sqm\.$device\.$1='\(.*\)'/\1/p" uci; }
clear_device() {
  sed -i "/^$device /d; /^ifb4$device /d" qdiscs cake
  sed -i "/^ifb4$device\$/d" links
  rm -f filters
}

if [ "$action" = stop ]; then
  [ -f "sqm/$device.state" ] || exit 1
  clear_device
  rm -f "sqm/$device.state"
  exit 0
fi
[ "$(option enabled)" = 1 ] || exit 0
[ -f "sqm/$device.state" ] && exit 0
grep -qx "$device" links || exit 0
touch cake
clear_device
modes=besteffort ingress_modes=besteffort
if [ "$(option script)" = layer_cake.qos ]; then
  modes="diffserv3 nat"
  [ "$(option squash_ingress)" = 0 ] && ingress_modes="diffserv3 nat"
fi
echo "$device cake 80010000 ffffffff" >>qdiscs
echo "$device $(option upload)Kbit $modes" >>cake
echo "ifb4$device" >>links
[ "$(cat how)" = fails ] && exit 0
[ "$(cat how)" = dies_half_way ] && kill -9 $$
printf '%s ingress ffff0000 fffffff1\nifb4%s cake 80020000 ffffffff\n' "$device" "$device" >>qdiscs
echo "ifb4$device $(option download)Kbit $ingress_modes" >>cake
echo "IFACE=\"$device\"" >"sqm/$device.state"
# It ends as its last queue did, and one that was not asked for ends with 1.
grep -q "interface='later'" uci && exit 1
exit 0
