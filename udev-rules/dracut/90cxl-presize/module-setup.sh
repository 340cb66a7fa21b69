#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Size and claim CXL memory before another driver of the initramfs can: what
# is stored for this machine, the command that applies it, the drivers named.

# shellcheck source=../../initramfs
. /usr/lib/cxl-presize/initramfs

# An image without a stored configuration need not grow.
check() {
	require_binaries cxl-presize || return 1
	[ -n "$(stored_files)" ] || return 255
}

depends() {
	echo udev-rules
}

# In whatever mode: nothing of this is in use on the machine that makes it.
installkernel() {
	# shellcheck disable=SC2046 # one word a driver
	hostonly='' instmods cxl-presize $(stored_drivers)
}

install() {
	# shellcheck disable=SC2046 # one word a file
	inst_multiple cxl-presize modprobe udevadm $(stored_files)
	inst_rules 60-cxl-presize.rules
	# shellcheck disable=SC2154 # dracut's
	inst_hook pre-trigger 20 "$moddir/cxl-presize.sh"
}
