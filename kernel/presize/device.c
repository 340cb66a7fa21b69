// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which PCI functions have CXL memory, and what becomes of their requests
 *
 * A request belongs to a device, from when the device appears until it goes.
 * It is kept here and not in struct pci_dev, so that the PCI core need not
 * know of it; and not in devres, which a device without a driver must not have.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "presize.h"

static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_lock);

static struct presize_device *find_locked(struct pci_dev *pdev)
{
	struct presize_device *pd;

	lockdep_assert_held(&devices_lock);
	list_for_each_entry(pd, &devices, node)
		if (pd->pdev == pdev)
			return pd;
	return NULL;
}

/**
 * presize_device_of - the entry of a PCI function
 * @pdev: the function
 *
 * Context: the caller keeps @pdev from being removed: it holds its
 * device_lock while a driver is bound, or runs in one of its attributes.
 * Return: the entry, or NULL for a function without CXL memory.
 */
struct presize_device *presize_device_of(struct pci_dev *pdev)
{
	guard(mutex)(&devices_lock);
	return find_locked(pdev);
}

/*
 * CXL 3.1 8.1.3: the DVSEC is in function 0 of device 0, a virtual function
 * has no memory of its own, and Mem_Capable says that there is any.
 */
static u16 find_mem_dvsec(struct pci_dev *pdev)
{
	u16 dvsec, cap = 0;

	if (pdev->is_virtfn || PCI_FUNC(pdev->devfn))
		return 0;
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					  PCI_DVSEC_CXL_DEVICE);
	if (!dvsec)
		return 0;
	pci_read_config_word(pdev, dvsec + PCI_DVSEC_CXL_CAP, &cap);
	if (cap == 0xffff || !(cap & PCI_DVSEC_CXL_MEM_CAPABLE))
		return 0;
	return dvsec;
}

static struct presize_device *new_device(struct pci_dev *pdev, u16 dvsec)
{
	struct presize_device *pd = kzalloc_obj(*pd);

	if (!pd)
		return NULL;
	pd->pdev = pdev;
	pd->dvsec = dvsec;
	pd->firmware_stale = true;
	pd->host_only = presize_hdm_host_only(pdev, dvsec, 0);
	mutex_init(&pd->capacity_lock);
	mutex_init(&pd->lock);
	return pd;
}

static void free_device(struct presize_device *pd)
{
	mutex_destroy(&pd->lock);
	mutex_destroy(&pd->capacity_lock);
	kfree(pd);
}

/* The entry is in the list before its attributes can be used */
static bool add_device(struct pci_dev *pdev)
{
	u16 dvsec = find_mem_dvsec(pdev);
	struct presize_device *pd;
	int rc;

	if (!dvsec)
		return false;
	scoped_guard(mutex, &devices_lock) {
		if (find_locked(pdev))
			return false;
		pd = new_device(pdev, dvsec);
		if (pd)
			list_add_tail(&pd->node, &devices);
	}
	rc = pd ? sysfs_create_group(&pdev->dev.kobj, &presize_attr_group) :
		  -ENOMEM;
	if (!rc)
		return true;
	pci_err(pdev, "no cxl_region attributes: %pe\n", ERR_PTR(rc));
	if (pd) {
		guard(mutex)(&devices_lock);
		list_del(&pd->node);
		free_device(pd);
	}
	return false;
}

/* Removing the group waits for the callers of its attributes */
static void remove_device(struct pci_dev *pdev)
{
	struct presize_device *pd = presize_device_of(pdev);

	if (!pd)
		return;
	sysfs_remove_group(&pdev->dev.kobj, &presize_attr_group);
	scoped_guard(mutex, &devices_lock)
		list_del(&pd->node);
	WARN_ON(pd->delivery);
	free_device(pd);
}

static void driver_unbound(struct pci_dev *pdev)
{
	struct presize_device *pd = presize_device_of(pdev);

	if (!pd)
		return;
	guard(mutex)(&pd->lock);
	pd->firmware_stale = true;
}

/*
 * ADD comes before the uevent, so that a udev rule finds the attributes. REMOVED
 * comes when no driver can have the device any longer. When DEL comes one may:
 * the PCI core unbinds the driver first, and another bind may follow upon that.
 */
static int pci_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		add_device(pdev);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		remove_device(pdev);
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		driver_unbound(pdev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block pci_notifier = { .notifier_call = pci_event };

static int add_present(struct device *dev, void *unused)
{
	if (add_device(to_pci_dev(dev)))
		kobject_uevent(&dev->kobj, KOBJ_CHANGE);
	return 0;
}

static int remove_present(struct device *dev, void *unused)
{
	remove_device(to_pci_dev(dev));
	return 0;
}

/**
 * presize_devices_init - add the attributes to all devices, now and later
 *
 * Return: 0 or a negative error.
 */
int presize_devices_init(void)
{
	int rc;

	/* no device comes or goes between the notifier and the look around */
	pci_lock_rescan_remove();
	rc = bus_register_notifier(&pci_bus_type, &pci_notifier);
	if (!rc)
		bus_for_each_dev(&pci_bus_type, NULL, NULL, add_present);
	pci_unlock_rescan_remove();
	return rc;
}

/** presize_devices_exit - undo presize_devices_init(), requests included */
void presize_devices_exit(void)
{
	pci_lock_rescan_remove();
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
	bus_for_each_dev(&pci_bus_type, NULL, NULL, remove_present);
	pci_unlock_rescan_remove();
}

/**
 * presize_refresh_firmware - look whether something else committed a decoder
 * @pd: the device
 * @force: look again, though nothing is known to have changed since
 *
 * Only a look at a device that no driver uses tells; else what was seen last
 * stands. A look that fails is taken again the next time.
 *
 * Context: holds device_lock of the PCI device; may sleep.
 */
void presize_refresh_firmware(struct presize_device *pd, bool force)
{
	struct presize_decoder dec = {};
	bool host_only;
	int committed;

	device_lock_assert(&pd->pdev->dev);
	guard(mutex)(&pd->lock);
	if (pd->delivery || !(pd->firmware_stale || force))
		return;
	committed = presize_hdm_peek(pd->pdev, pd->dvsec, &dec, &host_only);
	if (committed < 0)
		return;
	pd->firmware_stale = false;
	pd->firmware_size = committed ? dec.size : 0;
	pd->host_only = host_only;
}

/**
 * presize_state - the state of a device, as its attribute shows it
 * @pd: the device
 *
 * Context: holds the lock of @pd.
 * Return: a word.
 */
const char *presize_state(struct presize_device *pd)
{
	lockdep_assert_held(&pd->lock);
	if (pd->failed)
		return "failed";
	if (pd->delivery)
		return presize_delivery_state(pd->delivery);
	if (pd->firmware_size)
		return "firmware";
	return READ_ONCE(pd->request) ? "requested" : "idle";
}

/**
 * presize_notify - wake who polls the state of a device
 * @pd: the device
 */
void presize_notify(struct presize_device *pd)
{
	sysfs_notify(&pd->pdev->dev.kobj, presize_attr_group.name, "state");
}

/**
 * presize_set_request - keep a request
 * @pd: the device
 * @size: bytes, 0 for none
 *
 * An earlier failure is forgotten.
 *
 * Context: holds device_lock of the PCI device.
 */
void presize_set_request(struct presize_device *pd, u64 size)
{
	device_lock_assert(&pd->pdev->dev);
	scoped_guard(mutex, &pd->lock) {
		WRITE_ONCE(pd->request, size);
		pd->failed = false;
		pd->error[0] = '\0';
	}
	presize_notify(pd);
}

/**
 * presize_set_delivery - note what is delivered
 * @pd: the device
 * @delivery: the delivery, or NULL when it is undone
 *
 * Context: holds device_lock of the PCI device.
 */
void presize_set_delivery(struct presize_device *pd,
			  struct presize_delivery *delivery)
{
	scoped_guard(mutex, &pd->lock) {
		pd->delivery = delivery;
		pd->firmware_stale = true;
	}
	if (delivery)
		presize_recovered(pd);
	presize_notify(pd);
}

/**
 * presize_recovered - forget a failure that is over
 * @pd: the device
 */
void presize_recovered(struct presize_device *pd)
{
	scoped_guard(mutex, &pd->lock) {
		if (!pd->failed)
			return;
		pd->failed = false;
		pd->error[0] = '\0';
	}
	presize_notify(pd);
}

/**
 * presize_fail - note why a region cannot be delivered, or is lost
 * @pd: the device
 * @err: negative error
 * @fmt: a sentence that names what limits, with its numbers
 *
 * Hardware that breaks its word is an error in the log; all else is the
 * user's, who reads it in the error attribute.
 *
 * Return: @err.
 */
int presize_fail(struct presize_device *pd, int err, const char *fmt, ...)
{
	bool broken = err == -EIO || err == -ETIMEDOUT;
	va_list args;

	scoped_guard(mutex, &pd->lock) {
		va_start(args, fmt);
		vscnprintf(pd->error, sizeof(pd->error), fmt, args);
		va_end(args);
		pd->failed = true;
		if (broken)
			pci_err(pd->pdev, "%s\n", pd->error);
		else
			pci_dbg(pd->pdev, "%s (%pe)\n", pd->error, ERR_PTR(err));
	}
	presize_notify(pd);
	return err;
}
