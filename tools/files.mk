# SPDX-License-Identifier: GPL-2.0-only
#
# What the command is made of; read by the Makefiles of the command and its tests

# The library: all that is known of devices, windows and configuration. The
# files of the modules among it see the kernel's headers as include/ has them.
kernel := amount window size gap kstrtoull
library := error sysfs config_space device selector actions request conf \
	   conf_files conf_save module record use bind watch \
	   doctor_host doctor_device
command := main verbs command out table describe verb_list verb_set \
	   verb_bind verb_apply verb_check verb_watch verb_map svg verb_doctor
