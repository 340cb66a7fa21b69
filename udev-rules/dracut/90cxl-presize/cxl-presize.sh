#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Before udev is told of the devices, and loads other drivers for them. The
# module's own events are waited for: a rule's size must not come later.

modprobe -q cxl-presize && udevadm settle
cxl-presize apply --all >/dev/kmsg 2>&1
