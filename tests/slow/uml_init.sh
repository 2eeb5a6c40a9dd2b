#!/bin/bash
# The first process inside User-Mode Linux: lays a tree in RAM over the host's, which stays as it is, runs the command of LAB_DIR in it, and
# ends the machine. The result is in LAB_DIR (out.txt, rc), the only folder of the host that is written to.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mount -t proc proc /proc
for word in $(< /proc/cmdline); do
  case $word in LAB_DIR=*) LAB_DIR=${word#*=} ;; esac
done
modules=/usr/lib/uml/modules/$(uname -r)
mount -t tmpfs -o size=60% ram /run
# modprobe looks for modules below a root of its own: the host need not have /lib/modules.
mkdir -p /run/modules/lib/modules /run/up /run/work /run/root
ln -s "$modules" /run/modules/lib/modules/
modprobe -d /run/modules overlay
# What the kernel itself loads, it loads from here too.
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/modules "$@"\n' > /run/load
chmod +x /run/load
echo /run/load > /proc/sys/kernel/modprobe
mount -t overlay -o lowerdir=/,upperdir=/run/up,workdir=/run/work overlay /run/root || poweroff -f
cd /run/root || poweroff -f
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mkdir -p lib/modules ".$LAB_DIR"
ln -sfn "$modules" "lib/modules/$(uname -r)"
mount -t hostfs -o "$LAB_DIR" none ".$LAB_DIR"
# This kernel has no nftables to speak of.
for program in iptables ip6tables; do
  for end in "" -save -restore; do ln -sf xtables-legacy-multi "usr/sbin/$program$end"; done
done
ip link set lo up
for module in ipv6 iptable_{filter,nat,mangle} ip6table_{filter,mangle} nf_conntrack_netlink veth bridge ifb act_mirred act_connmark act_ctinfo cls_u32 cls_fw; do
  modprobe -d /run/modules "$module"
done
chroot . /bin/bash "$LAB_DIR/command.sh" < /dev/null > ".$LAB_DIR/out.txt" 2>&1
echo $? > ".$LAB_DIR/rc"
poweroff -f
