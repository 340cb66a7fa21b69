// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: when the memory of a region may be reached, and when not
 *
 * An access to an address that no HDM decoder claims is an error that a host
 * may not survive, and a reset of the device clears its decoder. So nobody
 * gets at the memory, from before anything that may clear the decoder until
 * the decoder has been seen committed again.
 *
 * core.memory_lock alone cannot see to that: a reset through VFIO is run with
 * it held, one through sysfs without, and neither tells. Hence a lock of our
 * own inside it, the gate, and the rule that who may clear the decoder has a
 * hold on the gate meanwhile.
 *
 * A touch of the memory during a hold, or before the memory is active again,
 * waits, since there is an end to that, and a SIGBUS would end the guest of a
 * host that resets a bus. It raises SIGBUS in every other state in which the
 * memory cannot be reached: what the user or the host turned off, or lost,
 * comes back by an act of theirs, or never.
 *
 * Not every fault can let go of the mmap_lock for such a wait. So who has a
 * hold must not touch memory of a user.
 */
#include <linux/cleanup.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include "cxl_vfio.h"

#define CXL_VFIO_ACTIVE_POLL	msecs_to_jiffies(20)

/**
 * cxl_vfio_gate_init - prepare the gate of a device
 * @cvd: the device
 */
void cxl_vfio_gate_init(struct cxl_vfio_device *cvd)
{
	init_rwsem(&cvd->gate);
	init_waitqueue_head(&cvd->settled);
}

/**
 * cxl_vfio_gate_check - may the memory be reached?
 * @cvd: the device, with core.memory_lock and the gate held
 *
 * Return: 0 if it may, for as long as the locks are held; -EAGAIN if that is
 * for cxl_vfio_gate_wait() to find out; -EIO if it may not.
 */
int cxl_vfio_gate_check(struct cxl_vfio_device *cvd)
{
	lockdep_assert_held(&cvd->core.memory_lock);
	lockdep_assert_held(&cvd->gate);

	if (cvd->revoked)
		return -EIO;
	if (cvd->holds)
		return -EAGAIN;
	if (!cvd->decoding || cvd->low_power ||
	    !__vfio_pci_memory_enabled(&cvd->core))
		return -EIO;
	return cvd->active ? 0 : -EAGAIN;
}

static bool cxl_vfio_gate_is_late(struct cxl_vfio_device *cvd)
{
	guard(rwsem_write)(&cvd->gate);

	/* A new hold ends with a deadline of its own */
	if (cvd->holds || !cvd->decoding || cvd->active)
		return false;

	WRITE_ONCE(cvd->active, cxl_vfio_dvsec_active(cvd, NULL));
	if (cvd->active || time_before(jiffies, cvd->active_by))
		return false;
	WRITE_ONCE(cvd->decoding, false);
	return true;
}

/**
 * cxl_vfio_gate_is_settled - is there nothing to wait for?
 * @cvd: the device
 *
 * Return: true if cxl_vfio_gate_wait() would not wait.
 */
bool cxl_vfio_gate_is_settled(struct cxl_vfio_device *cvd)
{
	if (READ_ONCE(cvd->revoked))
		return true;
	return !READ_ONCE(cvd->holds) &&
	       (READ_ONCE(cvd->active) || !READ_ONCE(cvd->decoding));
}

/**
 * cxl_vfio_gate_open - can the memory be used now?
 * @cvd: the device
 *
 * Whoever makes it unreachable calls cxl_vfio_mem_zap() afterwards. So this is
 * for those that are told by that.
 *
 * Return: true if it can.
 */
bool cxl_vfio_gate_open(struct cxl_vfio_device *cvd)
{
	guard(rwsem_read)(&cvd->gate);

	return !cvd->revoked && !cvd->holds && cvd->decoding && cvd->active &&
	       !cvd->low_power && __vfio_pci_memory_enabled(&cvd->core);
}

/**
 * cxl_vfio_gate_wait - wait until it is known whether the memory can be reached
 * @cvd: the device
 *
 * After a reset the memory may take minutes to become active
 * (CXL 3.1 8.1.3.8.2); too long to be waited for in reset_done().
 *
 * Return: 0, or -EINTR on a fatal signal.
 */
int cxl_vfio_gate_wait(struct cxl_vfio_device *cvd)
{
	for (;;) {
		if (wait_event_killable(cvd->settled,
					!READ_ONCE(cvd->holds) ||
					READ_ONCE(cvd->revoked)))
			return -EINTR;
		if (cxl_vfio_gate_is_settled(cvd))
			return 0;
		if (cxl_vfio_gate_is_late(cvd))
			pci_err(cvd->core.pdev,
				"the memory did not become active\n");
		else if (!cxl_vfio_gate_is_settled(cvd) &&
			 schedule_timeout_killable(CXL_VFIO_ACTIVE_POLL))
			return -EINTR;
	}
}

static bool cxl_vfio_gate_try_own(struct cxl_vfio_device *cvd)
{
	struct task_struct *owner = cmpxchg(&cvd->owner, NULL, current);

	return !owner || owner == current;
}

/**
 * cxl_vfio_gate_hold - reset, enable or disable the device, and nobody else
 * @cvd: the device, with or without a region
 *
 * Before anything that may clear the decoder. Until as many calls of
 * cxl_vfio_gate_release(), faults, read() and write() wait, and so does any
 * other task that wants a hold.
 *
 * A reset, and the VFIO core as it enables or disables the device, save the
 * configuration space and restore it, in one place and under no common lock. Of
 * two at a time one restores what the other has saved of a device in reset, or
 * nothing, and its BARs are lost (docs/kernel-findings/reset-and-vfio.md). The
 * core resets the device while it enables or disables it, so the same task may
 * have several holds.
 *
 * Context: may sleep, for as long as a reset takes. May be called with the lock
 * of the device held, which who has a hold must only try to take.
 */
void cxl_vfio_gate_hold(struct cxl_vfio_device *cvd)
{
	wait_event(cvd->settled, cxl_vfio_gate_try_own(cvd));
	scoped_guard(rwsem_write, &cvd->gate)
		WRITE_ONCE(cvd->holds, cvd->holds + 1);
	if (!cvd->region)
		return;
	cxl_vfio_mem_zap(cvd);
	cxl_presize_flush(cvd->region);
}

/*
 * The user owns Memory Space in the command register, and the decoder's
 * registers are behind a BAR. Whoever calls keeps the user from writing the
 * command register meanwhile.
 */
static int cxl_vfio_gate_restore(struct cxl_vfio_device *cvd)
{
	struct pci_dev *pdev = cvd->core.pdev;
	int ret;
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND,
				      cmd | PCI_COMMAND_MEMORY);
	ret = cxl_presize_restore(cvd->region);
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND, cmd);

	if (ret == -ENODEV || ret == -EAGAIN)
		pci_dbg(pdev, "the region or the device is gone\n");
	else if (ret)
		pci_err(pdev, "the HDM decoder did not commit again: %d\n", ret);
	return ret;
}

static int cxl_vfio_gate_verify(struct cxl_vfio_device *cvd)
{
	int ret = cxl_vfio_gate_restore(cvd);
	unsigned int wait_ms;

	guard(rwsem_write)(&cvd->gate);

	WRITE_ONCE(cvd->active, cxl_vfio_dvsec_active(cvd, &wait_ms));
	cvd->active_by = jiffies + msecs_to_jiffies(wait_ms);
	WRITE_ONCE(cvd->decoding, !ret);
	cvd->low_power = false;
	return ret;
}

/**
 * cxl_vfio_gate_release - let go of a hold, after a look at the decoder
 * @cvd: the device
 *
 * Context: the task of cxl_vfio_gate_hold().
 * Return: 0 if the decoder is good, or there is no region.
 */
int cxl_vfio_gate_release(struct cxl_vfio_device *cvd)
{
	int ret = cvd->region ? cxl_vfio_gate_verify(cvd) : 0;

	WARN_ON_ONCE(cvd->owner != current);
	scoped_guard(rwsem_write, &cvd->gate)
		WRITE_ONCE(cvd->holds, cvd->holds - 1);
	if (!cvd->holds) {
		/* pairs with cmpxchg() of the next owner */
		smp_store_release(&cvd->owner, NULL);
	}
	wake_up_all(&cvd->settled);
	if (cvd->region)
		cxl_vfio_dmabuf_restore(cvd);
	return ret;
}

/**
 * cxl_vfio_gate_lost - the decoder can no longer be relied on
 * @cvd: the device
 *
 * Unlike under a hold nobody waits: it may never come back. It does with the
 * next pair of cxl_vfio_gate_hold() and cxl_vfio_gate_release().
 */
void cxl_vfio_gate_lost(struct cxl_vfio_device *cvd)
{
	scoped_guard(rwsem_write, &cvd->gate)
		WRITE_ONCE(cvd->decoding, false);
	cxl_vfio_mem_zap(cvd);
}

/**
 * cxl_vfio_gate_revoke - the region goes away, for good
 * @cvd: the device
 *
 * Takes the gate only, which nobody holds while waiting for a user, for a
 * device or for the CXL bus.
 */
void cxl_vfio_gate_revoke(struct cxl_vfio_device *cvd)
{
	scoped_guard(rwsem_write, &cvd->gate)
		WRITE_ONCE(cvd->revoked, true);
	wake_up_all(&cvd->settled);
	cxl_vfio_mem_zap(cvd);
}

/**
 * cxl_vfio_gate_power - the power state, as the user wants it
 * @cvd: the device
 * @on: D0; otherwise D3hot
 */
void cxl_vfio_gate_power(struct cxl_vfio_device *cvd, bool on)
{
	scoped_guard(rwsem_write, &cvd->gate)
		cvd->low_power = !on;
	if (on)
		cxl_vfio_dmabuf_restore(cvd);
	else
		cxl_vfio_mem_zap(cvd);
}

/**
 * cxl_vfio_gate_powered - the power state, as the user made it
 * @cvd: the device
 *
 * Return: true for D0, false for D3hot.
 */
bool cxl_vfio_gate_powered(struct cxl_vfio_device *cvd)
{
	guard(rwsem_read)(&cvd->gate);

	return !cvd->low_power;
}
