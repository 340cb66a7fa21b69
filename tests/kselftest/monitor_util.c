// SPDX-License-Identifier: GPL-2.0-only
/* See monitor_util.h */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor_util.h"
#include "sysfs_util.h"

/* The virtio port of that name; udev would have made a link */
static int monitor_open(void)
{
	char name[32], path[64];
	int fd = -1;
	glob_t found;

	if (glob("/sys/class/virtio-ports/*", 0, NULL, &found))
		return -1;
	for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/name", found.gl_pathv[i]);
		if (sysfs_read(path, name, sizeof(name)) < 0 ||
		    strcmp(name, "monitor"))
			continue;
		snprintf(path, sizeof(path), "/dev%s",
			 strrchr(found.gl_pathv[i], '/'));
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	}
	globfree(&found);
	return fd;
}

static char answer[4096];

/* The monitor echoes what it gets, and goes on when that has been read */
static void drain(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got;

	while (poll(&pfd, 1, 1000) == 1) {
		if (len > sizeof(answer) / 2)
			len = 0;
		got = read(fd, answer + len, sizeof(answer) - 1 - len);
		if (got <= 0)
			break;
		len += got;
	}
	answer[len] = 0;
}

int monitor_say(const char *command)
{
	char text[256];
	int fd = monitor_open(), len;

	if (fd < 0)
		return -ENODEV;
	len = snprintf(text, sizeof(text), "%s\n", command);
	len -= write(fd, text, len);
	drain(fd);
	close(fd);
	return len ? -EIO : 0;
}

const char *monitor_answer(void)
{
	return answer;
}

bool monitor_is_there(void)
{
	int fd = monitor_open();

	if (fd < 0)
		return false;
	close(fd);
	return true;
}
