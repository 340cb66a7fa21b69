// SPDX-License-Identifier: GPL-2.0-only
/* See cxl_util.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cxl_util.h"
#include "hdm_util.h"

int cxl_devices(char bdf[MAX_DEVICES][BDF_LEN])
{
	glob_t found;
	int n = 0;

	if (!glob(SYSFS_PCI "/devices/*/cxl_region", 0, NULL, &found))
		for (; n < (int)found.gl_pathc && n < MAX_DEVICES; n++) {
			*strrchr(found.gl_pathv[n], '/') = 0;
			snprintf(bdf[n], BDF_LEN, "%s",
				 strrchr(found.gl_pathv[n], '/') + 1);
		}
	globfree(&found);
	return n;
}

int cxl_reset_all(void)
{
	char bdf[MAX_DEVICES][BDF_LEN];
	int n = cxl_devices(bdf), ret = 0;

	for (int i = n - 1; i >= 0; i--) {
		ret = ret ?: pci_unbind(bdf[i]);
		ret = ret ?: pci_write_u64(bdf[i], "cxl_region/size", 0);
	}
	return ret;
}

bool topology_is(const char *name)
{
	const char *topology = getenv("TOPOLOGY");

	return topology && !strcmp(topology, name);
}

static const char *cxl_path(char *path, const char *device, const char *attr)
{
	snprintf(path, PATH_MAX, SYSFS_CXL "/devices/%s/%s", device, attr);
	return path;
}

int cxl_read(const char *device, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	return sysfs_read(cxl_path(path, device, attr), buf, size);
}

int cxl_read_u64(const char *device, const char *attr, uint64_t *value)
{
	char buf[32];
	int ret = cxl_read(device, attr, buf, sizeof(buf));

	*value = ret < 0 ? 0 : strtoull(buf, NULL, 0);
	return ret < 0 ? ret : 0;
}

int cxl_write(const char *device, const char *attr, const char *text)
{
	char path[PATH_MAX];

	return sysfs_write(cxl_path(path, device, attr), text);
}

bool cxl_exists(const char *device)
{
	char path[PATH_MAX];

	return *device && !access(cxl_path(path, device, ""), F_OK);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int cxl_find(const char *prefix, unsigned int n, char *name, size_t size)
{
	struct dirent **all;
	int count = scandir(SYSFS_CXL "/devices", &all, NULL, by_name);
	int ret = -ENOENT;

	for (int i = 0; i < count; i++) {
		if (!strncmp(all[i]->d_name, prefix, strlen(prefix)) && !n--) {
			snprintf(name, size, "%s", all[i]->d_name);
			ret = 0;
		}
		free(all[i]);
	}
	if (count >= 0)
		free(all);
	return ret;
}

/* A few results live at a time: an assertion may print two of them */
const char *region_attr(const char *bdf, const char *attr)
{
	static char texts[4][512];
	static unsigned int next;
	char *text = texts[next++ % 4], name[NAME_LEN];

	snprintf(name, sizeof(name), "cxl_region/%s", attr);
	if (pci_read(bdf, name, text, sizeof(texts[0])) < 0)
		strcpy(text, "?");
	return text;
}

int state_open(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/state",
		 bdf);
	return open(path, O_RDONLY | O_CLOEXEC);
}

const char *state_read(int fd)
{
	static char text[NAME_LEN];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return "?";
	text[len - 1] = 0;
	return text;
}

int state_events(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return poll(&poll_fd, 1, ms) < 0 ? -errno : poll_fd.revents;
}

bool error_has(const char *bdf, ...)
{
	const char *text = region_attr(bdf, "error"), *word;
	bool all = true;
	va_list words;

	va_start(words, bdf);
	while ((word = va_arg(words, const char *)))
		all = all && strstr(text, word);
	va_end(words);
	if (!all)
		fprintf(stderr, "# error is \"%s\"\n", text);
	return all;
}

int iomem_find(const char *name, uint64_t *start, uint64_t *size)
{
	FILE *file = fopen("/proc/iomem", "re");
	char line[256], this[NAME_LEN];
	uint64_t first, last;
	int n = 0;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63s", &first,
			   &last, this) != 3 || strcmp(this, name))
			continue;
		*start = first;
		*size = last - first + 1;
		n++;
	}
	fclose(file);
	return n;
}

/* The host's other drivers come and go in the map, CXL and RAM are ours */
static void print_iomem(FILE *out)
{
	static const char *const kept[] = {
		"CXL", "region", "dax", "System RAM", "Soft Reserved",
	};
	FILE *file = fopen("/proc/iomem", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (strstr(line, kept[i])) {
				fputs(line, out);
				break;
			}
	if (file)
		fclose(file);
}

/* A port, and a decoder of one, stay for the next device */
static bool may_stay(const char *name)
{
	char type[NAME_LEN];

	return !strncmp(name, "port", 4) ||
	       (cxl_read(name, "devtype", type, sizeof(type)) >= 0 &&
		!strcmp(type, "cxl_decoder_switch"));
}

static void print_devices(FILE *out, const char *bus)
{
	struct dirent **all;
	char path[PATH_MAX];
	int n;

	snprintf(path, sizeof(path), "/sys/bus/%s/devices", bus);
	n = scandir(path, &all, NULL, by_name);
	for (int i = 0; i < n; i++) {
		if (all[i]->d_name[0] != '.' && !may_stay(all[i]->d_name))
			fprintf(out, "%s: %s\n", bus, all[i]->d_name);
		free(all[i]);
	}
	if (n >= 0)
		free(all);
}

void snapshot_take(struct snapshot *snap)
{
	size_t size;
	FILE *out = open_memstream(&snap->text, &size);

	print_devices(out, "cxl");
	print_devices(out, "dax");
	print_iomem(out);
	hdm_print(out);
	fclose(out);
}

void snapshot_free(struct snapshot *snap)
{
	free(snap->text);
}

static bool is_now(const struct snapshot *before, bool complain)
{
	struct snapshot now;
	bool same;

	snapshot_take(&now);
	same = !strcmp(before->text, now.text);
	if (!same && complain)
		fprintf(stderr, "# --- before\n%s# --- now\n%s# ---\n",
			before->text, now.text);
	snapshot_free(&now);
	return same;
}

bool snapshot_returns(const struct snapshot *before)
{
	return WAIT_FOR(is_now(before, false), 3) || is_now(before, true);
}

int log_start(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 || lseek(fd, 0, SEEK_END) < 0 ? -errno : fd;
}

/*
 * One read() is one record: "level,sequence,...;text". That a probe failed is
 * the driver core's to say.
 */
bool log_silent(int fd)
{
	char line[SYSFS_LEN];
	bool silent = true;
	ssize_t len;

	while ((len = read(fd, line, sizeof(line) - 1)) > 0) {
		line[len] = 0;
		if ((atoi(line) & 7) >= 7 || strstr(line, "probe with driver"))
			continue;
		fprintf(stderr, "# logged: %s", line);
		silent = false;
	}
	close(fd);
	return silent;
}
