// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space: what does not go straight to the core */
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "cxl_vfio.h"
#include "span.h"

static ssize_t core_rw(struct cxl_vfio_device *cvd, char __user *buf,
		       size_t count, loff_t *ppos, bool iswrite)
{
	if (iswrite)
		return vfio_pci_core_write(&cvd->core.vdev, buf, count, ppos);
	return vfio_pci_core_read(&cvd->core.vdev, buf, count, ppos);
}

/* A read of the header is the core's, which may have relinked the list */
static struct cxl_vfio_span dvsec_span(struct cxl_vfio_device *cvd,
				       bool iswrite)
{
	if (!cvd->dvsec)
		return (struct cxl_vfio_span) {};
	return (struct cxl_vfio_span) {
		.start = cvd->dvsec + (iswrite ? 0 : PCI_DVSEC_CXL_CAP),
		.end = cvd->dvsec + cvd->dvsec_len,
	};
}

/* The byte of PMCSR with the power state, and with nothing else to write */
static struct cxl_vfio_span power_span(struct cxl_vfio_device *cvd)
{
	u64 pmcsr = cvd->core.pdev->pm_cap + PCI_PM_CTRL;

	if (!cvd->region || !cvd->core.pdev->pm_cap)
		return (struct cxl_vfio_span) {};
	return (struct cxl_vfio_span) { .start = pmcsr, .end = pmcsr + 1 };
}

/*
 * The user turns the memory off and on, and the device stays in D0: in D3hot
 * it would not answer the CXL core, to which the decoder belongs, and the way
 * back may clear the decoder. D1 and D2 are left out, as a device may.
 */
static ssize_t power_rw(struct cxl_vfio_device *cvd, char __user *buf,
			bool iswrite)
{
	struct pci_dev *pdev = cvd->core.pdev;
	u8 val;

	if (!iswrite) {
		pci_read_config_byte(pdev, pdev->pm_cap + PCI_PM_CTRL, &val);
		val &= ~PCI_PM_CTRL_STATE_MASK;
		if (!cxl_vfio_gate_powered(cvd))
			val |= (__force u8)PCI_D3hot;
		return put_user(val, buf) ?: sizeof(val);
	}

	if (get_user(val, buf))
		return -EFAULT;
	val &= PCI_PM_CTRL_STATE_MASK;
	if (val == (__force u8)PCI_D0 || val == (__force u8)PCI_D3hot)
		cxl_vfio_gate_power(cvd, val == (__force u8)PCI_D0);
	return sizeof(val);
}

/* As far as one of these is responsible; returns how far that is */
static ssize_t rw_piece(struct cxl_vfio_device *cvd, char __user *buf,
			size_t count, loff_t pos, bool iswrite)
{
	u64 at = pos & VFIO_PCI_OFFSET_MASK;
	bool inside;

	count = cxl_vfio_span_piece(dvsec_span(cvd, iswrite), at, count,
				    &inside);
	if (inside)
		return cxl_vfio_dvsec_rw(cvd, buf, count, at - cvd->dvsec,
					 iswrite);

	count = cxl_vfio_span_piece(power_span(cvd), at, count, &inside);
	if (inside)
		return power_rw(cvd, buf, iswrite);

	return core_rw(cvd, buf, count, &pos, iswrite);
}

static bool touches_command(loff_t pos, size_t count)
{
	struct cxl_vfio_span access = { .start = pos, .end = pos + count };
	struct cxl_vfio_span command = {
		.start = PCI_COMMAND,
		.end = PCI_COMMAND + 2,
	};

	return cxl_vfio_overlap(access, command);
}

static bool memory_enabled(struct cxl_vfio_device *cvd)
{
	guard(rwsem_read)(&cvd->core.memory_lock);

	return __vfio_pci_memory_enabled(&cvd->core);
}

/*
 * The core zaps what it maps when Memory Space is cleared; the memory is for
 * us to zap. That it comes after the write does not matter: Memory Space does
 * not gate CXL.mem, only what a user may expect.
 */
static void after_write(struct cxl_vfio_device *cvd, loff_t pos, size_t count)
{
	if (!cvd->region || !touches_command(pos, count))
		return;
	if (memory_enabled(cvd))
		cxl_vfio_dmabuf_restore(cvd);
	else
		cxl_vfio_mem_zap(cvd);
}

/**
 * cxl_vfio_config_rw - read or write configuration space
 * @cvd: the device
 * @buf: the user's buffer
 * @count: length of the access
 * @ppos: where; moved on by what was done
 * @iswrite: is it a write?
 *
 * Return: how many bytes were done, or an error.
 */
ssize_t cxl_vfio_config_rw(struct cxl_vfio_device *cvd, char __user *buf,
			   size_t count, loff_t *ppos, bool iswrite)
{
	size_t done = 0;
	ssize_t ret = 0;

	while (done < count && ret >= 0) {
		ret = rw_piece(cvd, buf + done, count - done, *ppos + done,
			       iswrite);
		if (ret > 0)
			done += ret;
	}

	if (iswrite)
		after_write(cvd, *ppos & VFIO_PCI_OFFSET_MASK, done);
	if (ret < 0)
		return ret;
	*ppos += done;
	return done;
}
