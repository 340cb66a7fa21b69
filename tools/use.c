// SPDX-License-Identifier: GPL-2.0-only
/*
 * See use.h
 *
 * Unbinding a VFIO driver waits until its user closes the device, for hours
 * if need be. Unbinding cxl_pci under memory that is System RAM takes it away
 * from whoever uses it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "use.h"

struct holder {
	char node[2][64];	/* /dev/vfio/<group>, /dev/vfio/devices/vfioN */
	char pid[16];
	char fds[64];
};

static int take_cdev(const char *dir, const char *name, void *data)
{
	struct holder *holder = data;

	(void)dir;
	snprintf(holder->node[1], sizeof(holder->node[1]),
		 "/dev/vfio/devices/%s", name);
	return 1;
}

static int is_node(const char *dir, const char *name, void *data)
{
	struct holder *holder = data;
	char path[SYSFS_PATH], target[128];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return 0;
	target[len] = 0;
	return !strcmp(target, holder->node[0]) ||
	       !strcmp(target, holder->node[1]);
}

static int look_at_process(const char *dir, const char *name, void *data)
{
	struct holder *holder = data;

	if (!isdigit((unsigned char)*name) || strlen(name) > 10)
		return 0;
	snprintf(holder->fds, sizeof(holder->fds), "%s/%s/fd", dir, name);
	if (sysfs_each(holder->fds, "", is_node, holder) <= 0)
		return 0;
	snprintf(holder->pid, sizeof(holder->pid), "%s", name);
	return 1;
}

static int check_holder(struct device *dev, struct error *err)
{
	struct holder holder = { };
	char group[32], dir[SYSFS_PATH], comm[32];

	sysfs_link(dev->path, "iommu_group", group, sizeof(group));
	snprintf(holder.node[0], sizeof(holder.node[0]), "/dev/vfio/%s", group);
	snprintf(dir, sizeof(dir), "%s/vfio-dev", dev->path);
	sysfs_each(dir, "vfio", take_cdev, &holder);
	if (sysfs_each("/proc", "", look_at_process, &holder) <= 0)
		return 0;
	snprintf(dir, sizeof(dir), "/proc/%s", holder.pid);
	sysfs_read(dir, "comm", comm, sizeof(comm));
	error_what(err, "%s is in use", dev->bdf);
	error_why(err, "process %s (%s) has its VFIO group %s open, and the driver would wait for it to end",
		  holder.pid, comm, group);
	error_limit(err, "process %s", holder.pid);
	return error_fix(err, "end that process; or --force, which waits for it");
}

struct ram {
	char memdev[32];
	char region[32];
	char dax[32];
};

/* regionN/dax_regionN/daxN.0/driver is kmem where the memory is System RAM */
static int is_kmem(const char *dir, const char *name, void *data)
{
	struct ram *ram = data;
	char path[SYSFS_PATH], driver[32];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sysfs_link(path, "driver", driver, sizeof(driver));
	if (strcmp(driver, "kmem"))
		return 0;
	snprintf(ram->dax, sizeof(ram->dax), "%s", name);
	return 1;
}

static int look_at_dax(const char *dir, const char *name, void *data)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return sysfs_each(path, "dax", is_kmem, data) > 0;
}

static int look_at_decoder(const char *dir, const char *name, void *data)
{
	struct ram *ram = data;
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (sysfs_read(path, "region", ram->region, sizeof(ram->region)) <= 0)
		return 0;
	snprintf(path, sizeof(path), SYSFS_CXL "/%s", ram->region);
	return sysfs_each(path, "dax_region", look_at_dax, ram) > 0;
}

static int look_at_endpoint(const char *dir, const char *name, void *data)
{
	struct ram *ram = data;
	char path[SYSFS_PATH], memdev[32];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sysfs_link(path, "uport", memdev, sizeof(memdev));
	return !strcmp(memdev, ram->memdev) &&
	       sysfs_each(path, "decoder", look_at_decoder, ram) > 0;
}

static int check_ram(struct device *dev, struct error *err)
{
	struct ram ram = { };

	device_memdev(dev, ram.memdev, sizeof(ram.memdev));
	if (!ram.memdev[0] ||
	    sysfs_each(SYSFS_CXL, "endpoint", look_at_endpoint, &ram) <= 0)
		return 0;
	error_what(err, "%s is in use", dev->bdf);
	error_why(err, "its memory is System RAM of this host: %s in %s",
		  ram.dax, ram.region);
	error_limit(err, "%s", ram.dax);
	return error_fix(err, "daxctl offline-memory %s; daxctl reconfigure-device -m devdax %s",
			 ram.dax, ram.dax);
}

int use_check(struct device *dev, struct error *err)
{
	char driver[64];

	device_driver(dev, driver, sizeof(driver));
	if (!driver[0])
		return 0;
	if (check_holder(dev, err))
		return -1;
	return check_ram(dev, err);
}
