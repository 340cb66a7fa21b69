// SPDX-License-Identifier: GPL-2.0-only
/* The group cxl_region/ of a PCI device: see sysfs-abi/ */
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "presize.h"
#include "size.h"

static struct presize_device *to_presize(struct device *dev)
{
	return presize_device_of(to_pci_dev(dev));
}

static ssize_t size_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%#llx\n", READ_ONCE(to_presize(dev)->request));
}

static int check_capacity(struct presize_device *pd, u64 size)
{
	u64 capacity = presize_capacity(pd, NULL);

	if (!capacity || size <= capacity)
		return 0;
	pci_dbg(pd->pdev, "cxl_region/size: %#llx is above the capacity of %#llx\n",
		size, capacity);
	return -ENOSPC;
}

static int check_firmware(struct presize_device *pd, u64 size)
{
	presize_refresh_firmware(pd, true);
	guard(mutex)(&pd->lock);
	if (!size || !pd->firmware_size || size == pd->firmware_size)
		return 0;
	pci_dbg(pd->pdev, "cxl_region/size: %#llx, but firmware committed %#llx\n",
		size, pd->firmware_size);
	return -EOPNOTSUPP;
}

/*
 * The checks go from what is wrong with the text to what is wrong with the
 * moment. The request changes only after the last of them.
 */
static ssize_t size_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct presize_device *pd = to_presize(dev);
	u64 size;
	int rc;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	rc = presize_parse_size(buf, len, &size);
	if (rc || !IS_ALIGNED(size, PRESIZE_ALIGN)) {
		dev_dbg(dev, "cxl_region/size: not a multiple of %#x bytes\n",
			PRESIZE_ALIGN);
		return -EINVAL;
	}

	ACQUIRE(device_intr, lock)(dev);
	rc = ACQUIRE_ERR(device_intr, &lock);
	if (rc)
		return rc;
	if (dev->driver) {
		dev_dbg(dev, "cxl_region/size: driver %s is bound\n",
			dev->driver->name);
		return -EBUSY;
	}
	rc = check_capacity(pd, size);
	if (!rc)
		rc = check_firmware(pd, size);
	if (rc)
		return rc;
	presize_set_request(pd, size);
	return len;
}
static DEVICE_ATTR_RW(size);

static ssize_t size_max_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%#llx\n",
			  presize_capacity(to_presize(dev), NULL));
}
static DEVICE_ATTR_RO(size_max);

static ssize_t size_max_source_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	const char *source;

	presize_capacity(to_presize(dev), &source);
	return sysfs_emit(buf, "%s\n", source);
}
static DEVICE_ATTR_RO(size_max_source);

static ssize_t size_align_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#x\n", PRESIZE_ALIGN);
}
static DEVICE_ATTR_RO(size_align);

/*
 * A look at the registers needs the device to stay without a driver. While a
 * driver binds or unbinds, which VFIO may stretch until its user goes, what
 * was seen last is shown: a reader must not wait for that.
 */
static void try_refresh(struct presize_device *pd)
{
	struct device *dev = &pd->pdev->dev;

	if (!device_trylock(dev))
		return;
	if (!dev->driver)
		presize_refresh_firmware(pd, false);
	device_unlock(dev);
}

static u64 available_in_windows(struct presize_device *pd)
{
	u64 capacity = presize_capacity(pd, NULL) ?: U64_MAX;
	struct presize_search search = { .pdev = pd->pdev };

	scoped_guard(mutex, &pd->lock)
		search.host_only = pd->host_only;
	presize_search_windows(&search);
	put_device(search.window);
	return ALIGN_DOWN(min(search.available, capacity), PRESIZE_ALIGN);
}

/* Where firmware committed a decoder, its region is all that a bind can get */
static ssize_t available_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct presize_device *pd = to_presize(dev);
	u64 firmware;

	try_refresh(pd);
	scoped_guard(mutex, &pd->lock)
		firmware = pd->firmware_size;
	return sysfs_emit(buf, "%#llx\n",
			  firmware ?: available_in_windows(pd));
}
static DEVICE_ATTR_RO(available);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct presize_device *pd = to_presize(dev);

	try_refresh(pd);
	guard(mutex)(&pd->lock);
	return sysfs_emit(buf, "%s\n", presize_state(pd));
}
static DEVICE_ATTR_RO(state);

static ssize_t error_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct presize_device *pd = to_presize(dev);

	guard(mutex)(&pd->lock);
	if (!pd->error[0])
		return 0;
	return sysfs_emit(buf, "%s\n", pd->error);
}
static DEVICE_ATTR_RO(error);

static struct attribute *presize_attrs[] = {
	&dev_attr_size.attr,
	&dev_attr_size_max.attr,
	&dev_attr_size_max_source.attr,
	&dev_attr_size_align.attr,
	&dev_attr_available.attr,
	&dev_attr_state.attr,
	&dev_attr_error.attr,
	NULL
};

const struct attribute_group presize_attr_group = {
	.name = "cxl_region",
	.attrs = presize_attrs,
};
