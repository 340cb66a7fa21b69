// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery: from a request to a region that a driver may map
 *
 * A bind takes the steps of the table below, in order. Each is undone by
 * devres of the PCI device: when a later one fails, when probe() of the driver
 * fails, and when the driver is unbound. So the next bind starts from nothing,
 * and may have another size.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/error-injection.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/memregion.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "cxl_core.h"
#include "deliver.h"

/* CXL 3.1 8.2.4.20.7: control register of a decoder */
#define DECODER_INTERLEAVE_WAYS	GENMASK(7, 4)
#define DECODER_HOST_ONLY	BIT(12)

static struct presize_delivery *to_delivery(struct cxl_presize_region *region)
{
	return container_of(region, struct presize_delivery, region);
}

/**
 * presize_delivery_state - the state of a device while a region is delivered
 * @delivery: the delivery
 *
 * Return: a word.
 */
const char *presize_delivery_state(const struct presize_delivery *delivery)
{
	return delivery->region.firmware ? "firmware" : "committed";
}

static void disable_device(void *pdev)
{
	pci_disable_device(pdev);
}

static int enable_device(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	int rc = pci_enable_device(pdev);

	if (rc)
		return presize_fail(d->pd, rc,
				    "the BARs of %s cannot be enabled: %pe",
				    pci_name(pdev), ERR_PTR(rc));
	return devm_add_action_or_reset(&pdev->dev, disable_device, pdev);
}

static u64 read_bar(struct pci_dev *pdev, int bar, bool is_64bit)
{
	u32 low, high = 0;

	pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * bar, &low);
	if (is_64bit)
		pci_read_config_dword(pdev, PCI_BASE_ADDRESS_1 + 4 * bar,
				      &high);
	return (u64)high << 32 | (low & PCI_BASE_ADDRESS_MEM_MASK);
}

static int check_bar(struct presize_delivery *d, int bar)
{
	struct pci_dev *pdev = d->pd->pdev;
	struct resource *res = pci_resource_n(pdev, bar);
	struct pci_bus_region want;
	u64 held;

	if (!(res->flags & IORESOURCE_MEM) || !resource_size(res))
		return 0;
	pcibios_resource_to_bus(pdev->bus, &want, res);
	held = read_bar(pdev, bar, res->flags & IORESOURCE_MEM_64);
	if (held == want.start)
		return 0;
	return presize_fail(d->pd, -EIO,
			    "BAR %d of %s holds %#llx, and was assigned %#llx: remove the device and rescan",
			    bar, pci_name(pdev), held, (u64)want.start);
}

/*
 * A function that is reset between its discovery and the assignment of its
 * BARs gets back those of before. Nothing in the kernel notices, and the
 * registers read as all ones or are another device's.
 */
static int check_bars(struct presize_delivery *d)
{
	int rc = 0;

	for (int bar = 0; bar < PCI_STD_NUM_BARS && !rc; bar++)
		rc = check_bar(d, bar);
	return rc;
}

static int note_bar(struct presize_delivery *d, resource_size_t hdm)
{
	struct pci_dev *pdev = d->pd->pdev;

	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!pci_resource_len(pdev, bar) ||
		    hdm < pci_resource_start(pdev, bar) ||
		    hdm > pci_resource_end(pdev, bar))
			continue;
		d->region.bar = bar;
		d->region.hdm_offset = hdm - pci_resource_start(pdev, bar);
		return 0;
	}
	return presize_fail(d->pd, -EOPNOTSUPP,
			    "the HDM decoders at %pa are in no BAR of %s", &hdm,
			    pci_name(pdev));
}

/*
 * CXL 3.1 8.1.3.1: HDM_Count is 1 or 2 where there is memory. The CXL core
 * makes no endpoint of a device that says otherwise, and does not say why.
 */
static int check_ranges(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	unsigned int count;
	u16 cap = 0;

	pci_read_config_word(pdev, d->pd->dvsec + PCI_DVSEC_CXL_CAP, &cap);
	count = FIELD_GET(PCI_DVSEC_CXL_HDM_COUNT, cap);
	if (count && count <= CXL_DVSEC_RANGE_MAX)
		return 0;
	return presize_fail(d->pd, -EOPNOTSUPP,
			    "%s claims %u memory ranges (DVSEC HDM_Count), the CXL core takes 1 or %d",
			    pci_name(pdev), count, CXL_DVSEC_RANGE_MAX);
}

static int find_decoders(struct presize_delivery *d)
{
	struct cxl_register_map *map = &d->cxlds.reg_map;
	struct pci_dev *pdev = d->pd->pdev;
	resource_size_t hdm;
	int rc;

	rc = presize_hdm_find(pdev, map);
	if (rc)
		return presize_fail(d->pd, -EOPNOTSUPP,
				    "%s has no HDM decoder capability: %pe",
				    pci_name(pdev), ERR_PTR(rc));
	hdm = map->resource + map->component_map.hdm_decoder.offset;
	d->region.hdm_size = map->component_map.hdm_decoder.size;
	d->hdm = devm_ioremap(&pdev->dev, hdm, d->region.hdm_size);
	if (!d->hdm)
		return -ENOMEM;
	pci_read_config_word(pdev, d->pd->dvsec + PCI_DVSEC_CXL_CTRL,
			     &d->control);
	return note_bar(d, hdm);
}

/*
 * The CXL core switches Mem_Enable off with its endpoint, unless the function
 * is in reset at that time: it reads all ones then, and what it writes is lost
 * or is ones too. With decoders that are not enabled, Mem_Enable means ranges of
 * firmware's to the core, which it makes no endpoint of.
 */
static void restore_control(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	int where = d->pd->dvsec + PCI_DVSEC_CXL_CTRL;
	u16 now;

	device_lock_assert(&pdev->dev);
	pci_read_config_word(pdev, where, &now);
	if (now != d->control && now != 0xffff && d->control != 0xffff)
		pci_write_config_word(pdev, where, d->control);
}

/*
 * The CXL core has reset the decoder with its region, unless Memory Space was
 * off at that time, by a reset of the function or by its user: then the write
 * was lost. The core has no endpoint here any longer.
 */
static void release_decoders(void *data)
{
	struct presize_delivery *d = data;
	struct pci_dev *pdev = d->pd->pdev;

	if (d->built && presize_hdm_reset(pdev, d->hdm) < 0)
		pci_err(pdev, "a decoder stays committed\n");
	restore_control(d);
}

static int look_for_firmware(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	int committed = presize_hdm_committed(d->hdm, &d->decoder);

	if (committed < 0)
		return presize_fail(d->pd, -EIO,
				    "the HDM decoders of %s do not answer",
				    pci_name(pdev));
	if (!committed) {
		d->region.host_only = presize_hdm_host_only(pdev, d->pd->dvsec,
							    readl(d->hdm));
		return 0;
	}
	if (committed > 1 ||
	    FIELD_GET(DECODER_INTERLEAVE_WAYS, d->decoder.ctrl))
		return presize_fail(d->pd, -EOPNOTSUPP,
				    "firmware committed %d decoders of %s, or interleaves them",
				    committed, pci_name(pdev));
	if (d->request && d->request != d->decoder.size)
		return presize_fail(d->pd, -EOPNOTSUPP,
				    "firmware committed %#llx bytes in decoder %d of %s, %#llx are requested",
				    d->decoder.size, d->decoder.id,
				    pci_name(pdev), d->request);
	d->request = d->decoder.size;
	d->region.host_only = d->decoder.ctrl & DECODER_HOST_ONLY;
	d->region.firmware = true;
	return 0;
}

static int choose_window(struct presize_delivery *d)
{
	struct presize_search search = {
		.pdev = d->pd->pdev,
		.host_only = d->region.host_only,
		.size = d->request,
	};

	if (d->region.firmware)
		return 0;
	presize_search_windows(&search);
	d->window = search.window;
	if (!d->window)
		return presize_fail(d->pd, search.err, "%s", search.why);
	return 0;
}

static int await_memory(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	int rc = presize_await_memory(pdev, d->pd->dvsec);

	if (rc == -ETIMEDOUT)
		return presize_fail(d->pd, rc,
				    "the memory of %s does not become active (DVSEC Range 1)",
				    pci_name(pdev));
	return rc;
}

static int make_region(struct presize_delivery *d)
{
	return d->region.firmware ? presize_adopt_region(d) :
				    presize_build_region(d);
}

static int link_region(struct presize_delivery *d)
{
	struct device *dev = &d->pd->pdev->dev;

	return sysfs_add_link_to_group(&dev->kobj, presize_attr_group.name,
				       &d->region_dev->kobj, "region");
}

static void unlink_region(void *data)
{
	struct presize_delivery *d = data;

	sysfs_remove_link_from_group(&d->pd->pdev->dev.kobj,
				     presize_attr_group.name, "region");
}

static void undo_region(void *data)
{
	struct presize_delivery *d = data;

	presize_set_delivery(d->pd, NULL);
	if (!d->region.firmware)
		presize_destroy_region(d);
}

/* From here on the core's memdev goes, which must not be owned then */
static void undo_watch(void *data)
{
	struct presize_delivery *d = data;

	presize_unwatch(d);
	cxl_core_own_memdev(d->cxlmd, false);
}

static void put_references(void *data)
{
	struct presize_delivery *d = data;

	put_device(d->region_dev);
	put_device(d->window);
	for (unsigned int i = 0; i < d->path_len; i++)
		put_device(d->path[i]);
	if (d->cxlmd)
		put_device(cxl_core_memdev_dev(d->cxlmd));
}

/*
 * @undo may be NULL for a step that needs none, or brings its own. It is the
 * same for all: devres calls it in reverse order, also when the delivery fails.
 */
static const struct delivery_step {
	const char *what;
	int (*take)(struct presize_delivery *d);
	void (*undo)(void *d);
} steps[] = {
	{ "enable the device", enable_device },
	{ "check its BARs", check_bars },
	{ "check its memory ranges", check_ranges },
	{ "find its HDM decoders", find_decoders, release_decoders },
	{ "look for a committed decoder", look_for_firmware },
	{ "choose a window", choose_window },
	{ "await its memory", await_memory },
	{ "join the CXL topology", presize_join },
	{ "watch the CXL bus", presize_watch, undo_watch },
	{ "make a region", make_region, undo_region },
	{ "link the region", link_region, unlink_region },
};

/* Not inlined, so that a test can make each step fail in its turn */
static noinline int take_step(struct presize_delivery *d,
			      const struct delivery_step *step)
{
	struct device *dev = &d->pd->pdev->dev;
	int rc = step->take(d);

	if (rc || !step->undo)
		return rc;
	return devm_add_action_or_reset(dev, step->undo, d);
}
ALLOW_ERROR_INJECTION(take_step, ERRNO);

static struct presize_delivery *new_delivery(struct presize_device *pd)
{
	struct pci_dev *pdev = pd->pdev;
	struct presize_delivery *d;

	d = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
				      pci_get_dsn(pdev), pd->dvsec,
				      struct presize_delivery, cxlds, false);
	if (!d)
		return NULL;
	d->pd = pd;
	d->request = READ_ONCE(pd->request);
	if (devm_mutex_init(&pdev->dev, &d->lock) ||
	    devm_mutex_init(&pdev->dev, &d->client_lock) ||
	    devm_add_action(&pdev->dev, put_references, d))
		return NULL;
	return d;
}

/* A step that has more to say than its name has said it */
static int explain(struct presize_delivery *d, int rc,
		   const struct delivery_step *step)
{
	if (READ_ONCE(d->pd->failed))
		return rc;
	return presize_fail(d->pd, rc, "%s: could not %s: %pe",
			    pci_name(d->pd->pdev), step->what, ERR_PTR(rc));
}

static int deliver(struct presize_delivery *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int rc = take_step(d, &steps[i]);

		if (rc)
			return explain(d, rc, &steps[i]);
	}
	if (READ_ONCE(d->gone))
		return -ENODEV;
	presize_set_delivery(d->pd, d);
	return 0;
}

/**
 * devm_cxl_presize_region - the region that was requested for a device
 * @pdev: the device
 *
 * Joins @pdev to the CXL topology, and builds, commits and locks a region of
 * exactly the size in its cxl_region/size attribute. A region that firmware
 * committed is used as it is, without a request too. All is undone when the
 * driver is unbound, or probe() fails; what firmware committed stays.
 *
 * A driver that gets an error must fail its probe() with it. The reason is in
 * cxl_region/error then.
 *
 * Context: probe() of a PCI driver, which holds device_lock of @pdev. May
 * sleep; a signal ends it with -EINTR. Takes device locks of the CXL bus.
 * Return: the region; NULL where nothing is requested and firmware committed
 * nothing; or ERR_PTR(): -ERANGE no window has room, -ENXIO no CXL path to the
 * device or no window for it, -EIO or -ETIMEDOUT the hardware does not decode,
 * -EBUSY a port above has no free decoder, -EOPNOTSUPP not deliverable, -EINTR,
 * -ENOMEM.
 */
struct cxl_presize_region *devm_cxl_presize_region(struct pci_dev *pdev)
{
	struct presize_device *pd = presize_device_of(pdev);
	struct presize_delivery *d;
	int rc;

	device_lock_assert(&pdev->dev);
	if (!pd)
		return NULL;
	presize_refresh_firmware(pd, true);
	if (!pd->request && !pd->firmware_size)
		return NULL;
	presize_recovered(pd);
	d = new_delivery(pd);
	if (!d)
		return ERR_PTR(presize_fail(pd, -ENOMEM, "out of memory"));
	rc = deliver(d);
	return rc ? ERR_PTR(rc) : &d->region;
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_presize_region, "CXL_PRESIZE");

/**
 * cxl_presize_watch - be told when a region ends before its driver is unbound
 * @region: the region
 * @ops: what to call; one set a region
 * @data: argument of @ops
 *
 * Context: may sleep.
 * Return: 0, or -ENODEV where the region has ended already.
 */
int cxl_presize_watch(struct cxl_presize_region *region,
		      const struct cxl_presize_client_ops *ops, void *data)
{
	struct presize_delivery *d = to_delivery(region);

	guard(mutex)(&d->client_lock);
	if (READ_ONCE(d->gone))
		return -ENODEV;
	d->ops = ops;
	d->client = data;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxl_presize_watch, "CXL_PRESIZE");

/**
 * cxl_presize_unwatch - undo cxl_presize_watch()
 * @region: the region
 *
 * Upon return no call of the ops is under way.
 *
 * Context: may sleep; must not hold a lock that the ops take.
 */
void cxl_presize_unwatch(struct cxl_presize_region *region)
{
	struct presize_delivery *d = to_delivery(region);

	guard(mutex)(&d->client_lock);
	d->ops = NULL;
}
EXPORT_SYMBOL_NS_GPL(cxl_presize_unwatch, "CXL_PRESIZE");

/**
 * cxl_presize_flush - write back what the CPUs have cached of a region
 * @region: the region
 *
 * To be called before a reset may wipe the decoder, with every mapping gone: a
 * dirty line that is evicted later would be written to an address that
 * nothing decodes. Nothing is left behind that is stale when the memory comes
 * back.
 *
 * Context: may sleep; stops all CPUs for some milliseconds.
 */
void cxl_presize_flush(struct cxl_presize_region *region)
{
	/* without it nothing but a region of firmware is delivered */
	if (cpu_cache_has_invalidate_memregion())
		cpu_cache_invalidate_memregion(region->hpa.start,
					       range_len(&region->hpa));
}
EXPORT_SYMBOL_NS_GPL(cxl_presize_flush, "CXL_PRESIZE");

static void enable_mem(struct pci_dev *pdev, u16 dvsec)
{
	u16 ctrl;

	pci_read_config_word(pdev, dvsec + PCI_DVSEC_CXL_CTRL, &ctrl);
	if (!(ctrl & PCI_DVSEC_CXL_MEM_ENABLE))
		pci_write_config_word(pdev, dvsec + PCI_DVSEC_CXL_CTRL,
				      ctrl | PCI_DVSEC_CXL_MEM_ENABLE);
}

static int restore_locked(struct presize_delivery *d)
{
	struct pci_dev *pdev = d->pd->pdev;
	u16 cmd;

	lockdep_assert_held(&d->lock);
	if (d->gone)
		return -ENODEV;
	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (cmd == 0xffff || !(cmd & PCI_COMMAND_MEMORY))
		return -EAGAIN;
	enable_mem(pdev, d->pd->dvsec);
	return presize_hdm_commit(d->hdm, &d->decoder);
}

/**
 * cxl_presize_restore - see to it that the device decodes its region
 * @region: the region
 *
 * A reset of the device may wipe its decoder, while the ports above keep
 * theirs. Verifies the decoder, and writes what was delivered where it is
 * wiped. Until this returns 0 after a reset, nothing may access the region.
 *
 * Context: may sleep, 20 ms at most; waits for no user. Memory Space must be
 * on, for the decoder's registers are behind a BAR; who calls keeps it so.
 * Return: 0; -EAGAIN while Memory Space is off or the device is not there;
 * -ENODEV when the region has ended; -EIO, -EBUSY or -ETIMEDOUT where the
 * decoder cannot be restored, which is in cxl_region/error then.
 */
int cxl_presize_restore(struct cxl_presize_region *region)
{
	struct presize_delivery *d = to_delivery(region);
	int rc;

	scoped_guard(mutex, &d->lock)
		rc = restore_locked(d);
	if (rc == -EAGAIN || rc == -ENODEV)
		return rc;
	if (!rc)
		presize_recovered(d->pd);
	else
		presize_fail(d->pd, rc,
			     "decoder %d of %s cannot be restored to %#llx bytes at %#llx: %pe",
			     d->decoder.id, pci_name(d->pd->pdev),
			     d->decoder.size, d->decoder.base, ERR_PTR(rc));
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxl_presize_restore, "CXL_PRESIZE");
