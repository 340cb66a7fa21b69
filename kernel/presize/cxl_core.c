// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that leans on the inside of the stock CXL core
 *
 * Linux 7.3 exports nothing that creates a region. What it has is a documented
 * sysfs ABI that does, with all checks and locks of its own. This file calls
 * the attributes of CXL devices as their files would be written to, and
 * touches six private fields that the ABI does not reach. Their offsets come
 * from the BTF of the kernel that was built for (layout.h); the running
 * kernel's BTF must be the same byte for byte, and each field must hold what
 * it is known to hold before it is written.
 *
 * When the core can create a region for a driver, this file goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/error-injection.h>
#include <linux/fs.h>
#include <linux/hex.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <cxl/cxl.h>
#include <crypto/sha2.h>

#include "cxl_core.h"
#include "layout.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define ATTR_TEXT_MAX 64

/* enum cxl_decoder_type and CXL_REGION_F_LOCK of drivers/cxl/cxl.h */
#define DECODER_DEVMEM		2
#define DECODER_HOSTONLYMEM	3
#define REGION_F_LOCK		2

/* drivers/cxl/cxlmem.h; layout.sh has checked that it is still this */
struct cxl_memdev_attach {
	int (*probe)(struct cxl_memdev *cxlmd);
};

struct cxl_root_decoder;
struct cxl_decoder;
struct cxl_root_decoder *to_cxl_root_decoder(struct device *dev);
struct cxl_decoder *to_cxl_decoder(struct device *dev);

static void *field(void *object, size_t offset)
{
	return object + offset;
}

/* filp_open() and not kernel_read_file(): this is nothing to be executed */
static int digest_of_file(const char *path, u8 digest[SHA256_DIGEST_SIZE])
{
	char *page __free(presize_page) = presize_get_page();
	struct sha256_ctx sha;
	struct file *file;
	loff_t pos = 0;
	ssize_t len;

	if (!page)
		return -ENOMEM;
	file = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	sha256_init(&sha);
	while ((len = kernel_read(file, page, PAGE_SIZE, &pos)) > 0)
		sha256_update(&sha, page, len);
	sha256_final(&sha, digest);
	filp_close(file, NULL);
	return len;
}

/**
 * cxl_core_check_layout - is the running kernel the one that was built for
 *
 * Context: process context, may sleep; sysfs must be mounted at /sys.
 * Return: 0, -ENOEXEC for another kernel, or the error of reading its BTF.
 */
int cxl_core_check_layout(void)
{
	u8 built[SHA256_DIGEST_SIZE], running[SHA256_DIGEST_SIZE];
	int rc;

	if (hex2bin(built, LAYOUT_BTF_SHA256, sizeof(built)))
		return -EINVAL;
	rc = digest_of_file(BTF_PATH, running);
	if (rc) {
		pr_err("cannot read %s (%pe), so the layout of the CXL core is unknown: not loaded\n",
		       BTF_PATH, ERR_PTR(rc));
		return rc;
	}
	if (!memcmp(built, running, sizeof(built)))
		return 0;
	pr_err("built for a kernel whose types are not those of the running one (BTF sha256 %s, this kernel %*phN): not loaded, build it again for this kernel\n",
	       LAYOUT_BTF_SHA256, SHA256_DIGEST_SIZE, running);
	return -ENOEXEC;
}

static struct attribute *find_in_group(const struct attribute_group *group,
				       const char *name)
{
	for (struct attribute **a = group->attrs; a && *a; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

static struct attribute *find_attr(struct device *dev, const char *name)
{
	const struct attribute_group **group;
	struct attribute *attr;

	if (!dev->type)
		return NULL;
	for (group = dev->type->groups; group && *group; group++) {
		attr = find_in_group(*group, name);
		if (attr)
			return attr;
	}
	return NULL;
}

/**
 * cxl_core_show - read an attribute of a CXL device
 * @dev: the device; the caller keeps it registered
 * @name: name of the attribute's file
 * @buf: a page, from presize_get_page(); gets the text without its newline
 *
 * Context: process context, takes the locks of the CXL core.
 * Return: length of the text, or a negative error, -EOPNOTSUPP where the
 * device has no such attribute.
 */
int cxl_core_show(struct device *dev, const char *name, char *buf)
{
	struct attribute *attr = find_attr(dev, name);
	ssize_t len;

	if (!attr)
		return -EOPNOTSUPP;
	len = get_ktype(&dev->kobj)->sysfs_ops->show(&dev->kobj, attr, buf);
	if (len <= 0)
		return len;
	if (buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}
ALLOW_ERROR_INJECTION(cxl_core_show, ERRNO);

/**
 * cxl_core_read_u64 - read an attribute of a CXL device that is a number
 * @dev: the device; the caller keeps it registered
 * @name: name of the attribute's file
 * @value: result, untouched on error
 *
 * Context: process context, takes the locks of the CXL core.
 * Return: 0 or a negative error.
 */
int cxl_core_read_u64(struct device *dev, const char *name, u64 *value)
{
	char *buf __free(presize_page) = presize_get_page();
	int len;

	if (!buf)
		return -ENOMEM;
	len = cxl_core_show(dev, name, buf);
	if (len < 0)
		return len;
	return kstrtou64(buf, 0, value);
}

/**
 * cxl_core_write - write an attribute of a CXL device
 * @dev: the device; the caller keeps it registered
 * @name: name of the attribute's file
 * @fmt: what to write, shorter than 64 characters
 *
 * Context: process context, takes the locks of the CXL core.
 * Return: 0 or the error that the write got.
 */
int cxl_core_write(struct device *dev, const char *name, const char *fmt, ...)
{
	struct attribute *attr = find_attr(dev, name);
	char text[ATTR_TEXT_MAX];
	va_list args;
	ssize_t rc;
	int len;

	if (!attr)
		return -EOPNOTSUPP;
	va_start(args, fmt);
	len = vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rc = get_ktype(&dev->kobj)->sysfs_ops->store(&dev->kobj, attr, text,
						     len);
	dev_dbg(dev, "%s < %s: %zd\n", name, text, rc);
	return rc < 0 ? rc : 0;
}
ALLOW_ERROR_INJECTION(cxl_core_write, ERRNO);

/**
 * cxl_core_memdev_dev - the device of a memdev
 * @cxlmd: the memdev
 *
 * Return: the device, with the lifetime of @cxlmd.
 */
struct device *cxl_core_memdev_dev(struct cxl_memdev *cxlmd)
{
	return field(cxlmd, LAYOUT_MEMDEV_DEV);
}

/**
 * cxl_core_get_endpoint - the endpoint port of a memdev
 * @cxlmd: the memdev
 *
 * The pointer is NULL or an error while the memdev has no endpoint.
 *
 * Context: holds the device lock of @cxlmd.
 * Return: the port's device with a reference, or NULL.
 */
struct device *cxl_core_get_endpoint(struct cxl_memdev *cxlmd)
{
	struct device *dev = cxl_core_memdev_dev(cxlmd);
	void *endpoint;

	device_lock_assert(dev);
	endpoint = READ_ONCE(*(void **)field(cxlmd, LAYOUT_MEMDEV_ENDPOINT));
	if (!dev->driver || IS_ERR_OR_NULL(endpoint))
		return NULL;
	if (!virt_addr_valid(endpoint) ||
	    !is_cxl_port(field(endpoint, LAYOUT_PORT_DEV))) {
		dev_err(dev, "no port where the endpoint should be\n");
		return NULL;
	}
	return get_device(field(endpoint, LAYOUT_PORT_DEV));
}

/*
 * The core asks this when cxl_mem binds to an owned memdev again, after it
 * lost the port above. The owner's region is gone for good then, and a region
 * that firmware committed must not come back as System RAM under it.
 */
static int refuse_rebind(struct cxl_memdev *cxlmd)
{
	return -ENXIO;
}

static const struct cxl_memdev_attach owned = { .probe = refuse_rebind };

static const struct cxl_memdev_attach **attach_field(struct cxl_memdev *cxlmd)
{
	return field(cxlmd, LAYOUT_MEMDEV_ATTACH);
}

/**
 * cxl_core_claim_memdev - own a memdev from devm_cxl_add_classdev()
 * @cxlmd: the memdev
 *
 * The core keeps the region of a memdev that has an owner away from dax, and
 * so from becoming System RAM.
 *
 * Return: 0, or -EPROTO if it has an owner already.
 */
int cxl_core_claim_memdev(struct cxl_memdev *cxlmd)
{
	if (READ_ONCE(*attach_field(cxlmd))) {
		dev_err(cxl_core_memdev_dev(cxlmd), "owned already\n");
		return -EPROTO;
	}
	cxl_core_own_memdev(cxlmd, true);
	return 0;
}
ALLOW_ERROR_INJECTION(cxl_core_claim_memdev, ERRNO);

/**
 * cxl_core_own_memdev - own a memdev, or no longer
 * @cxlmd: the memdev
 * @own: own it
 *
 * When the port above an owned memdev goes away, the core unbinds the driver
 * of the PCI device from its only ordered workqueue. For VFIO this waits for
 * the user. So a memdev must not be owned at the moment it loses its port, nor
 * when it is removed: the core's work may run when the PCI device has another
 * driver already.
 */
void cxl_core_own_memdev(struct cxl_memdev *cxlmd, bool own)
{
	WRITE_ONCE(*attach_field(cxlmd), own ? &owned : NULL);
}

/**
 * cxl_core_regions_lock - the lock against removal of a window's regions
 * @root_decoder: the window
 *
 * Every path that unregisters a region of @root_decoder holds it. The
 * attributes of regions are called under it, as nothing else keeps their
 * parameters alive: sysfs does that for the readers of its files only.
 *
 * Return: the mutex, with the lifetime of @root_decoder. It nests inside the
 * device lock of an endpoint, and outside of the core's region rwsem.
 */
struct mutex *cxl_core_regions_lock(struct device *root_decoder)
{
	return field(to_cxl_root_decoder(root_decoder),
		     LAYOUT_ROOT_REGIONS_LOCK);
}

static u32 *type_of_region(struct device *region)
{
	return field(region, LAYOUT_REGION_TYPE - LAYOUT_REGION_DEV);
}

static u32 *type_of_decoder(struct device *decoder)
{
	return field(to_cxl_decoder(decoder), LAYOUT_DECODER_TYPE);
}

/**
 * cxl_core_set_coherence - make a new region and its decoder agree
 * @region: a region from create_ram_region, which makes host-only ones
 * @decoder: a free endpoint decoder; device-coherent, as the state of the
 *	     memdev is CXL_DEVTYPE_DEVMEM
 * @host_only: what the device is
 *
 * Context: holds the lock of cxl_core_regions_lock().
 * Return: 0, or -EPROTO where either is not what it is known to be when new.
 */
int cxl_core_set_coherence(struct device *region, struct device *decoder,
			   bool host_only)
{
	u32 *of_region = type_of_region(region);
	u32 *of_decoder = type_of_decoder(decoder);
	u32 type = host_only ? DECODER_HOSTONLYMEM : DECODER_DEVMEM;

	lockdep_assert_held(cxl_core_regions_lock(region->parent));
	if (READ_ONCE(*of_region) != DECODER_HOSTONLYMEM ||
	    (READ_ONCE(*of_decoder) != DECODER_DEVMEM &&
	     READ_ONCE(*of_decoder) != DECODER_HOSTONLYMEM)) {
		dev_err(region, "type %u, and %s of type %u, are not those of a new region and decoder\n",
			*of_region, dev_name(decoder), *of_decoder);
		return -EPROTO;
	}
	WRITE_ONCE(*of_region, type);
	WRITE_ONCE(*of_decoder, type);
	return 0;
}

/**
 * cxl_core_lock_region - refuse or allow changes of a region by its attributes
 * @region: the region
 * @lock: refuse them
 *
 * The core does not reset the decoders of a locked region when it is removed.
 * So a region of ours is locked after commit, and unlocked before removal.
 *
 * Context: any; safe in a notifier of the CXL bus.
 * Return: 0, or -EPROTO where the flag is not where it should be.
 */
int cxl_core_lock_region(struct device *region, bool lock)
{
	unsigned long *flags = field(region, LAYOUT_REGION_FLAGS -
					     LAYOUT_REGION_DEV);

	/* Linux 7.3 knows flags 0 to 3 */
	if (READ_ONCE(*flags) & ~GENMASK(3, 0)) {
		dev_err(region, "unknown flags %#lx\n", *flags);
		return -EPROTO;
	}
	assign_bit(REGION_F_LOCK, flags, lock);
	return 0;
}
ALLOW_ERROR_INJECTION(cxl_core_lock_region, ERRNO);
