/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to devices: uevents, and changes of cxl_region/state */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include "device.h"

struct watched {
	char bdf[32];
	char state[32];
	int fd;
};

struct watch {
	struct host *host;
	struct udev_monitor *monitor;
	struct watched *device;
	size_t nr;
};

/*
 * @action: "state", or what the uevent says: add, change, bind, unbind, remove
 * @from: the state before, for "state"
 */
struct watch_event {
	char action[32];
	char subsystem[16];
	char device[64];
	char from[32];
};

/* A negative errno where there can be no events */
int watch_open(struct watch *watch, struct host *host);
void watch_close(struct watch *watch);

/* 1 with an event, 0 after @seconds (negative: never), or a negative errno */
int watch_next(struct watch *watch, double seconds, struct watch_event *event);

/* Seconds of a clock that only goes forward */
double watch_clock(void);

#endif /* TOOLS_WATCH_H */
