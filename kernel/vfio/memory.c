// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a CXL region as a VFIO region */
#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cxl_vfio.h"

#define CXL_VFIO_COPY_CHUNK	SZ_4K

/*
 * A wait for a device should not keep the rest of the process from its
 * mmap_lock. Without the lock, the mapping may go, and the device with it.
 */
static vm_fault_t cxl_vfio_mem_fault_wait(struct cxl_vfio_device *cvd,
					  struct vm_fault *vmf)
{
	struct file *file;

	if (cxl_vfio_gate_is_settled(cvd))
		return 0;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return cxl_vfio_gate_wait(cvd) ? VM_FAULT_SIGBUS : 0;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	/* Who handles the fault looks for a signal before it tries again */
	cxl_vfio_gate_wait(cvd);
	fput(file);
	return VM_FAULT_RETRY;
}

static vm_fault_t cxl_vfio_mem_insert(struct cxl_vfio_device *cvd,
				      struct vm_fault *vmf, unsigned long pfn,
				      unsigned int order)
{
	guard(rwsem_read)(&cvd->core.memory_lock);
	guard(rwsem_read)(&cvd->gate);

	switch (cxl_vfio_gate_check(cvd)) {
	case 0:
		return vfio_pci_vmf_insert_pfn(&cvd->core, vmf, pfn, order);
	case -EAGAIN:
		return VM_FAULT_NOPAGE;
	default:
		return VM_FAULT_SIGBUS;
	}
}

static vm_fault_t cxl_vfio_mem_huge_fault(struct vm_fault *vmf,
					  unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct cxl_vfio_device *cvd = vma->vm_private_data;
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long pfn = PHYS_PFN(cvd->region->hpa.start) +
			    (linear_page_index(vma, addr) & CXL_VFIO_PGOFF_MASK);
	vm_fault_t ret;

	if (!is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;
	ret = cxl_vfio_mem_fault_wait(cvd, vmf);
	return ret ?: cxl_vfio_mem_insert(cvd, vmf, pfn, order);
}

static vm_fault_t cxl_vfio_mem_fault(struct vm_fault *vmf)
{
	return cxl_vfio_mem_huge_fault(vmf, 0);
}

static const struct vm_operations_struct cxl_vfio_mem_vm_ops = {
	.fault = cxl_vfio_mem_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = cxl_vfio_mem_huge_fault,
#endif
};

/*
 * The page protection stays write-back, and so this does not allow a guest
 * less than that (VM_ALLOW_ANY_UNCACHED). The device reads what is written
 * here: no memory encryption.
 */
static int cxl_vfio_mem_mmap(struct vfio_pci_core_device *core,
			     struct vfio_pci_region *region,
			     struct vm_area_struct *vma)
{
	u64 start = PFN_PHYS(vma->vm_pgoff & CXL_VFIO_PGOFF_MASK);
	u64 len, end;

	if (check_sub_overflow(vma->vm_end, vma->vm_start, &len) ||
	    check_add_overflow(start, len, &end) || end > region->size)
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &cxl_vfio_mem_vm_ops;
	vma->vm_private_data = to_cxl_vfio(core);
	return 0;
}

static int cxl_vfio_mem_try_copy(struct cxl_vfio_device *cvd, void *buf,
				 u64 pos, size_t len, bool iswrite)
{
	int ret;

	guard(rwsem_read)(&cvd->core.memory_lock);
	guard(rwsem_read)(&cvd->gate);

	ret = cxl_vfio_gate_check(cvd);
	if (ret)
		return ret;
	if (!iswrite)
		return copy_mc_to_kernel(buf, cvd->mem + pos, len) ? -EIO : 0;
	memcpy(cvd->mem + pos, buf, len);
	return 0;
}

static int cxl_vfio_mem_copy(struct cxl_vfio_device *cvd, void *buf, u64 pos,
			     size_t len, bool iswrite)
{
	int ret;

	do {
		if (cxl_vfio_gate_wait(cvd))
			return -EINTR;
		ret = cxl_vfio_mem_try_copy(cvd, buf, pos, len, iswrite);
	} while (ret == -EAGAIN);

	return ret;
}

/*
 * By way of a buffer, because the user's pages must not be faulted in with
 * memory_lock held: a fault on a mapping of this device takes it as well.
 */
static int cxl_vfio_mem_rw_chunk(struct cxl_vfio_device *cvd, void *bounce,
				 char __user *buf, u64 pos, size_t len,
				 bool iswrite)
{
	int ret;

	if (iswrite && copy_from_user(bounce, buf, len))
		return -EFAULT;
	ret = cxl_vfio_mem_copy(cvd, bounce, pos, len, iswrite);
	if (ret)
		return ret;
	if (!iswrite && copy_to_user(buf, bounce, len))
		return -EFAULT;
	return 0;
}

static ssize_t cxl_vfio_mem_rw(struct vfio_pci_core_device *core,
			       char __user *buf, size_t count, loff_t *ppos,
			       bool iswrite)
{
	struct cxl_vfio_device *cvd = to_cxl_vfio(core);
	u64 size = range_len(&cvd->region->hpa);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;
	int ret = 0;

	if (pos >= size)
		return iswrite ? -EINVAL : 0;
	count = min(count, size - pos);

	void *bounce __free(kfree) = kmalloc(CXL_VFIO_COPY_CHUNK,
					     GFP_KERNEL_ACCOUNT);
	if (!bounce)
		return -ENOMEM;

	while (done < count && !ret && !fatal_signal_pending(current)) {
		size_t len = min(count - done, CXL_VFIO_COPY_CHUNK);

		ret = cxl_vfio_mem_rw_chunk(cvd, bounce, buf + done, pos + done,
					    len, iswrite);
		if (!ret)
			done += len;
		cond_resched();
	}

	*ppos += done;
	return done ?: ret ?: -EINTR;
}

/* The core calls this at every close, without asking whether it is there */
static void cxl_vfio_mem_regop_release(struct vfio_pci_core_device *core,
				       struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops cxl_vfio_mem_regops = {
	.rw = cxl_vfio_mem_rw,
	.mmap = cxl_vfio_mem_mmap,
	.release = cxl_vfio_mem_regop_release,
};

/* memory_failure() asks at which page of a mapping it finds a broken page */
static int cxl_vfio_mem_pfn_to_pgoff(struct vm_area_struct *vma,
				     unsigned long pfn, pgoff_t *pgoff)
{
	struct cxl_vfio_device *cvd = vma->vm_private_data;
	pgoff_t index;

	if (vma->vm_ops != &cxl_vfio_mem_vm_ops)
		return -ENOENT;

	index = PHYS_PFN(VFIO_PCI_INDEX_TO_OFFSET(CXL_VFIO_MEM_INDEX)) +
		pfn - PHYS_PFN(cvd->region->hpa.start);
	if (index < vma->vm_pgoff || index >= vma->vm_pgoff + vma_pages(vma))
		return -EFAULT;

	*pgoff = index;
	return 0;
}

static int cxl_vfio_mem_register_pfns(struct cxl_vfio_device *cvd)
{
	struct range *hpa = &cvd->region->hpa;
	int ret;

	cvd->pfn_space = (struct pfn_address_space) {
		.node.start = PHYS_PFN(hpa->start),
		.node.last = PHYS_PFN(hpa->end),
		.mapping = cvd->core.vdev.inode->i_mapping,
		.pfn_to_vma_pgoff = cxl_vfio_mem_pfn_to_pgoff,
	};

	ret = register_pfn_address_space(&cvd->pfn_space);
	/* A kernel without memory_failure() is no reason not to work */
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/**
 * cxl_vfio_mem_zap - empty every mapping of the memory
 * @cvd: the device
 *
 * To be called with a hold on the gate, or after what makes
 * vfio_pci_vmf_insert_pfn() refuse; otherwise the mappings fill again.
 */
void cxl_vfio_mem_zap(struct cxl_vfio_device *cvd)
{
	unmap_mapping_range(cvd->core.vdev.inode->i_mapping,
			    VFIO_PCI_INDEX_TO_OFFSET(CXL_VFIO_MEM_INDEX),
			    range_len(&cvd->region->hpa), true);
	cxl_vfio_dmabuf_revoke(cvd);
}

/**
 * cxl_vfio_mem_zero - clear a part of the memory
 * @cvd: the device
 * @pos: where it begins
 * @len: how long it is, a multiple of 8: memset() by single bytes, as some
 *	 CPUs are told to, is 8 times slower in an emulator
 *
 * Memory Space is the user's, and does not gate CXL.mem.
 *
 * Return: 0, -EAGAIN if it is to be waited for, or -EIO.
 */
int cxl_vfio_mem_zero(struct cxl_vfio_device *cvd, u64 pos, size_t len)
{
	guard(rwsem_read)(&cvd->gate);

	if (cvd->revoked)
		return -EIO;
	if (cvd->holds)
		return -EAGAIN;
	if (!cvd->decoding)
		return -EIO;
	if (!cvd->active)
		return -EAGAIN;
	memset64(cvd->mem + pos, 0, len / sizeof(u64));
	return 0;
}

/**
 * cxl_vfio_mem_init - prepare a device with a region
 * @cvd: the device
 *
 * The kernel's mapping is not for read() and write() and clearing alone. It is
 * also what makes the memory write-back for the user: without a reservation of
 * its memory type, x86 gives such an address to a PFN mapping as uncached.
 *
 * Return: 0, or -ENOMEM.
 */
int cxl_vfio_mem_init(struct cxl_vfio_device *cvd)
{
	struct range *hpa = &cvd->region->hpa;

	cxl_vfio_dmabuf_init(cvd);
	cxl_vfio_clear_init(cvd);

	cvd->mem = memremap(hpa->start, range_len(hpa), MEMREMAP_WB);
	return cvd->mem ? 0 : -ENOMEM;
}

/**
 * cxl_vfio_mem_exit - undo cxl_vfio_mem_init()
 * @cvd: the device
 */
void cxl_vfio_mem_exit(struct cxl_vfio_device *cvd)
{
	cxl_vfio_dmabuf_exit(cvd);
	memunmap(cvd->mem);
}

/**
 * cxl_vfio_mem_open - add the memory to what a user sees
 * @cvd: the device, with a hold on its gate
 *
 * Return: 0 or an error.
 */
int cxl_vfio_mem_open(struct cxl_vfio_device *cvd)
{
	int ret;

	ret = cxl_vfio_mem_register_pfns(cvd);
	if (ret)
		return ret;

	ret = vfio_pci_core_register_dev_region(&cvd->core,
						VFIO_REGION_TYPE_PCI_VENDOR_TYPE |
						VFIO_CXL_VENDOR_ID,
						VFIO_REGION_SUBTYPE_CXL_MEM,
						&cxl_vfio_mem_regops,
						range_len(&cvd->region->hpa),
						VFIO_REGION_INFO_FLAG_READ |
						VFIO_REGION_INFO_FLAG_WRITE |
						VFIO_REGION_INFO_FLAG_MMAP,
						NULL);
	if (ret)
		unregister_pfn_address_space(&cvd->pfn_space);
	return ret;
}

/**
 * cxl_vfio_mem_close - undo cxl_vfio_mem_open()
 * @cvd: the device
 *
 * The VFIO region itself is the core's to free.
 */
void cxl_vfio_mem_close(struct cxl_vfio_device *cvd)
{
	unregister_pfn_address_space(&cvd->pfn_space);
}
