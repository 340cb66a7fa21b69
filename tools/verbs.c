// SPDX-License-Identifier: GPL-2.0-only
/* The verbs, in the order in which --help shows them */
#include "command.h"

#define CHANGE	(OPTION_CHANGE | OPTION_SAVE | OPTION_CONFIG)

const struct verb verbs[] = {
	{ "list", "", "the devices with CXL memory", 0, 0, 0, verb_list },
	{ "show", "DEV", "all of one device", 0, 1, 1, verb_show },
	{ "set", "DEV SIZE", "request a size for the next bind",
	  CHANGE, 2, 2, verb_set },
	{ "unset", "DEV", "request nothing any more",
	  CHANGE, 1, 1, verb_unset },
	{ "bind", "DEV [SIZE]", "give a device to the VFIO driver, with a size",
	  CHANGE | OPTION_DRIVER | OPTION_FORCE, 1, 2, verb_bind },
	{ "release", "DEV", "give it back to the driver it had",
	  OPTION_CHANGE | OPTION_FORCE, 1, 1, verb_release },
	{ "apply", "DEV|--all", "make it as the configuration says",
	  OPTION_CHANGE | OPTION_CONFIG | OPTION_ALL | OPTION_FORCE, 0, 1,
	  verb_apply },
	{ "watch", "", "print what happens, as it happens", OPTION_TIMEOUT,
	  0, 0, verb_watch },
	{ "wait", "DEV STATE", "return when a device has that state",
	  OPTION_TIMEOUT, 2, 2, verb_wait },
	{ "map", "", "the fixed memory windows, to scale", OPTION_SVG, 0, 0,
	  verb_map },
	{ "doctor", "[DEV]", "look for what keeps a device from its memory",
	  0, 0, 1, verb_doctor },
	{ "check", "[FILE]", "look over the configuration", OPTION_CONFIG, 0, 1,
	  verb_check },
	{ }
};
