// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user leaves in the memory, the next must not find
 *
 * A worker clears, for it may take minutes: a process that is killed should
 * not be seen exiting for as long. Who opens the device, or unbinds it, waits
 * for the worker, and can be killed.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "cxl_vfio.h"

#define CXL_VFIO_CLEAR_CHUNK	SZ_2M

static bool clear = true;
module_param(clear, bool, 0644);
MODULE_PARM_DESC(clear, "Clear the memory before a user can see it (default: Y)");

/* A reset of the device meanwhile is waited for, like everywhere */
static int clear_chunk(struct cxl_vfio_device *cvd, u64 pos)
{
	int ret;

	do {
		cxl_vfio_gate_wait(cvd);
		if (READ_ONCE(cvd->clear_stop))
			return -EINTR;
		ret = cxl_vfio_mem_zero(cvd, pos, CXL_VFIO_CLEAR_CHUNK);
	} while (ret == -EAGAIN);

	return ret;
}

static int clear_all(struct cxl_vfio_device *cvd)
{
	u64 size = range_len(&cvd->region->hpa);
	ktime_t begin = ktime_get();
	int ret;

	for (u64 pos = 0; pos < size; pos += CXL_VFIO_CLEAR_CHUNK) {
		ret = clear_chunk(cvd, pos);
		if (ret)
			return ret;
		cond_resched();
	}
	pci_dbg(cvd->core.pdev, "cleared %llu bytes in %lld ms\n", size,
		ktime_ms_delta(ktime_get(), begin));
	return 0;
}

static void clear_work(struct work_struct *work)
{
	struct cxl_vfio_device *cvd =
		container_of(work, struct cxl_vfio_device, clear_work);
	int ret = clear_all(cvd);

	if (ret)
		pci_dbg(cvd->core.pdev, "the memory is not cleared: %d\n", ret);
	else
		WRITE_ONCE(cvd->content, CXL_VFIO_CLEARED);
	WRITE_ONCE(cvd->clearing, false);
	wake_up_all(&cvd->settled);
}

/**
 * cxl_vfio_clear_init - before the first user
 * @cvd: the device
 *
 * Whoever had the memory before it was delivered is a user like any other.
 */
void cxl_vfio_clear_init(struct cxl_vfio_device *cvd)
{
	INIT_WORK(&cvd->clear_work, clear_work);
	cvd->content = CXL_VFIO_UNKNOWN;
}

/**
 * cxl_vfio_clear_used - from here on a user may leave something
 * @cvd: the device
 */
void cxl_vfio_clear_used(struct cxl_vfio_device *cvd)
{
	WRITE_ONCE(cvd->content, CXL_VFIO_USED);
}

/**
 * cxl_vfio_clear_start - begin to clear what a user left
 * @cvd: the device; whoever calls keeps others from opening it
 *
 * Nothing is done where there is nothing to clear.
 */
void cxl_vfio_clear_start(struct cxl_vfio_device *cvd)
{
	if (READ_ONCE(cvd->content) == CXL_VFIO_CLEARED ||
	    READ_ONCE(cvd->clearing) || !clear)
		return;
	WRITE_ONCE(cvd->clearing, true);
	queue_work(system_dfl_long_wq, &cvd->clear_work);
}

/**
 * cxl_vfio_clear - see to it that nothing of a user is in the memory
 * @cvd: the device, without a hold on its gate
 *
 * Return: 0, -EIO if the memory cannot be reached, -EINTR on a fatal signal.
 */
int cxl_vfio_clear(struct cxl_vfio_device *cvd)
{
	cxl_vfio_clear_start(cvd);
	if (wait_event_killable(cvd->settled, !READ_ONCE(cvd->clearing)))
		return -EINTR;
	return READ_ONCE(cvd->content) != CXL_VFIO_CLEARED && clear ? -EIO : 0;
}

/**
 * cxl_vfio_clear_exit - after the last user
 * @cvd: the device
 *
 * Nothing is cleared where there was no user. A fatal signal ends the wait for
 * the clearing, and the clearing with it.
 */
void cxl_vfio_clear_exit(struct cxl_vfio_device *cvd)
{
	if (READ_ONCE(cvd->content) == CXL_VFIO_USED &&
	    cxl_vfio_clear(cvd) == -EINTR)
		pci_warn(cvd->core.pdev,
			 "given back with memory that is not cleared\n");
	WRITE_ONCE(cvd->clear_stop, true);
	flush_work(&cvd->clear_work);
}
