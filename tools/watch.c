// SPDX-License-Identifier: GPL-2.0-only
/* See watch.h */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sysfs.h"
#include "watch.h"

double watch_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Reading it from the start is also what rearms poll() */
static int read_state(struct watched *device, char state[32])
{
	ssize_t len = pread(device->fd, state, 31, 0);

	if (len < 0)
		return -errno;
	if (len && state[len - 1] == '\n')
		len--;
	state[len] = 0;
	return 0;
}

static struct watched *find(struct watch *watch, const char *bdf)
{
	for (size_t i = 0; i < watch->nr; i++)
		if (!strcmp(watch->device[i].bdf, bdf))
			return &watch->device[i];
	return NULL;
}

static void forget(struct watch *watch, struct watched *device)
{
	close(device->fd);
	*device = watch->device[--watch->nr];
}

static void add(struct watch *watch, const char *path, const char *bdf)
{
	char file[SYSFS_PATH];
	struct watched *device;
	int fd;

	snprintf(file, sizeof(file), "%s/cxl_region/state", path);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	device = realloc(watch->device, (watch->nr + 1) * sizeof(*device));
	if (!device)
		abort();
	watch->device = device;
	device = &watch->device[watch->nr++];
	snprintf(device->bdf, sizeof(device->bdf), "%s", bdf);
	device->fd = fd;
	if (read_state(device, device->state))
		forget(watch, device);
}

static int add_device(struct device *dev, void *data)
{
	add(data, dev->path, dev->bdf);
	return 0;
}

/* udevd passes a uevent on when its rules are done; without it, the kernel */
static struct udev_monitor *open_monitor(struct udev *udev)
{
	const char *source = access("/run/udev/control", F_OK) ? "kernel" :
								  "udev";
	struct udev_monitor *monitor =
		udev_monitor_new_from_netlink(udev, source);

	if (!monitor)
		return NULL;
	udev_monitor_filter_add_match_subsystem_devtype(monitor, "pci", NULL);
	udev_monitor_filter_add_match_subsystem_devtype(monitor, "cxl", NULL);
	if (!udev_monitor_enable_receiving(monitor))
		return monitor;
	udev_monitor_unref(monitor);
	return NULL;
}

int watch_open(struct watch *watch, struct host *host)
{
	memset(watch, 0, sizeof(*watch));
	watch->host = host;
	watch->monitor = open_monitor(host->udev);
	if (!watch->monitor)
		return -EIO;
	return devices_each(host, add_device, watch);
}

void watch_close(struct watch *watch)
{
	for (size_t i = 0; i < watch->nr; i++)
		close(watch->device[i].fd);
	free(watch->device);
	udev_monitor_unref(watch->monitor);
}

/* Of the CXL bus, what people ask for; ports and decoders come and go */
static bool is_ours(struct watch *watch, struct udev_device *udev)
{
	const char *name = udev_device_get_sysname(udev);

	if (!strcmp(udev_device_get_subsystem(udev) ?: "", "cxl"))
		return !strncmp(name, "region", 6) || !strncmp(name, "mem", 3);
	return find(watch, name) ||
	       sysfs_exists(udev_device_get_syspath(udev), "cxl_region/state");
}

static void follow(struct watch *watch, struct udev_device *udev,
		   const char *action)
{
	const char *bdf = udev_device_get_sysname(udev);
	struct watched *device = find(watch, bdf);

	if (device && !strcmp(action, "remove"))
		forget(watch, device);
	else if (!device && strcmp(action, "remove"))
		add(watch, udev_device_get_syspath(udev), bdf);
}

/* 1 for an event, 0 for one that nobody asked for */
static int take_uevent(struct watch *watch, struct watch_event *event)
{
	struct udev_device *udev = udev_monitor_receive_device(watch->monitor);
	const char *action;
	int rc = 0;

	if (!udev)
		return 0;
	action = udev_device_get_action(udev);
	if (action && is_ours(watch, udev)) {
		snprintf(event->action, sizeof(event->action), "%s", action);
		snprintf(event->subsystem, sizeof(event->subsystem), "%s",
			 udev_device_get_subsystem(udev));
		snprintf(event->device, sizeof(event->device), "%s",
			 udev_device_get_sysname(udev));
		follow(watch, udev, action);
		rc = 1;
	}
	udev_device_unref(udev);
	return rc;
}

static int take_state(struct watch *watch, struct watched *device,
		      struct watch_event *event)
{
	char state[32];

	if (read_state(device, state)) {
		forget(watch, device);
		return 0;
	}
	if (!strcmp(state, device->state))
		return 0;
	strcpy(event->action, "state");
	strcpy(event->subsystem, "pci");
	strcpy(event->device, device->bdf);
	strcpy(event->from, device->state);
	strcpy(device->state, state);
	return 1;
}

/* The first that has something to say; the others are still there next time */
static int take(struct watch *watch, const struct pollfd *fds,
		struct watch_event *event)
{
	memset(event, 0, sizeof(*event));
	for (size_t i = 0; i < watch->nr; i++)
		if (fds[i + 1].revents &&
		    take_state(watch, &watch->device[i], event))
			return 1;
	return fds[0].revents ? take_uevent(watch, event) : 0;
}

static int wait_once(struct watch *watch, double seconds,
		     struct watch_event *event)
{
	struct pollfd *fds = calloc(watch->nr + 1, sizeof(*fds));
	int rc;

	if (!fds)
		abort();
	fds[0].fd = udev_monitor_get_fd(watch->monitor);
	fds[0].events = POLLIN;
	for (size_t i = 0; i < watch->nr; i++) {
		fds[i + 1].fd = watch->device[i].fd;
		fds[i + 1].events = POLLPRI;
	}
	rc = poll(fds, watch->nr + 1, seconds < 0 ? -1 :
		  seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999));
	if (rc < 0)
		rc = -errno;
	else if (rc)
		rc = take(watch, fds, event) ? 1 : -EAGAIN;
	free(fds);
	return rc;
}

int watch_next(struct watch *watch, double seconds, struct watch_event *event)
{
	double end = watch_clock() + seconds;
	int rc;

	do {
		double left = seconds < 0 ? -1 : end - watch_clock();

		if (seconds >= 0 && left < 0)
			left = 0;
		rc = wait_once(watch, left, event);
	} while (rc == -EAGAIN && (seconds < 0 || watch_clock() < end));
	return rc == -EAGAIN ? 0 : rc;
}
