// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BAR with the component registers, around the HDM decoders
 *
 * A guest that got hold of the real decoders could point the device elsewhere
 * under a host that believes them committed (CXL 3.1 8.2.4.20). So the page or
 * pages that they are in cannot be mapped, and read() and write() meet the
 * registers of decoder.c there. All else in the BAR is as vfio-pci has it.
 *
 * The core does not get to this BAR at all: it claims a BAR whole, the CXL
 * core holds the decoders in it, and so the core finds it busy. That is left
 * so. It keeps ioeventfds and dma-bufs, which do not pass by here, away too.
 */
#include <linux/cleanup.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "cxl_vfio.h"
#include "span.h"

static struct cxl_vfio_span decoder_span(struct cxl_vfio_device *cvd)
{
	return (struct cxl_vfio_span) {
		.start = cvd->region->hdm_offset,
		.end = cvd->region->hdm_offset + cvd->region->hdm_size,
	};
}

static u64 bar_len(struct cxl_vfio_device *cvd)
{
	return pci_resource_len(cvd->core.pdev, cvd->region->bar);
}

/* Past the decoders; around an MSI-X table like the core */
static ssize_t cxl_vfio_bar_io(struct cxl_vfio_device *cvd, char __user *buf,
			       size_t count, u64 pos, bool iswrite)
{
	struct vfio_pci_core_device *core = &cvd->core;
	size_t msix_start = 0, msix_end = 0;

	if (cvd->region->bar == core->msix_bar) {
		msix_start = core->msix_offset;
		msix_end = core->msix_offset + core->msix_size;
	}
	return vfio_pci_core_do_io_rw(core, true, cvd->bar_io, buf, pos, count,
				      msix_start, msix_end, iswrite,
				      VFIO_PCI_IO_WIDTH_8);
}

/**
 * cxl_vfio_bar_rw - read or write the BAR with the component registers
 * @cvd: the device
 * @buf: the user's buffer
 * @count: length of the access
 * @ppos: where; moved on by what was done
 * @iswrite: is it a write?
 *
 * Return: how many bytes were done, or an error.
 */
ssize_t cxl_vfio_bar_rw(struct cxl_vfio_device *cvd, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite)
{
	struct cxl_vfio_span decoders = decoder_span(cvd);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;

	if (pos >= bar_len(cvd))
		return -EINVAL;
	count = min(count, bar_len(cvd) - pos);

	while (done < count) {
		u64 at = pos + done;
		bool inside;
		size_t len;
		ssize_t ret;

		len = cxl_vfio_span_piece(decoders, at, count - done, &inside);
		if (inside)
			ret = cxl_vfio_decoder_access(cvd, buf + done, len,
						      at - decoders.start,
						      iswrite);
		else
			ret = cxl_vfio_bar_io(cvd, buf + done, len, at,
					      iswrite);
		if (ret < 0)
			return ret;
		done += ret;
	}

	*ppos += done;
	return done;
}

static vm_fault_t cxl_vfio_bar_huge_fault(struct vm_fault *vmf,
					  unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct cxl_vfio_device *cvd = vma->vm_private_data;
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long pfn = PHYS_PFN(pci_resource_start(cvd->core.pdev,
							cvd->region->bar)) +
			    (linear_page_index(vma, addr) & CXL_VFIO_PGOFF_MASK);

	if (!is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	guard(rwsem_read)(&cvd->core.memory_lock);
	return vfio_pci_vmf_insert_pfn(&cvd->core, vmf, pfn, order);
}

static vm_fault_t cxl_vfio_bar_fault(struct vm_fault *vmf)
{
	return cxl_vfio_bar_huge_fault(vmf, 0);
}

static const struct vm_operations_struct cxl_vfio_bar_vm_ops = {
	.fault = cxl_vfio_bar_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = cxl_vfio_bar_huge_fault,
#endif
};

static bool cxl_vfio_bar_may_map(struct cxl_vfio_device *cvd,
				 struct vm_area_struct *vma)
{
	struct cxl_vfio_span pages = cxl_vfio_span_pages(decoder_span(cvd),
							 PAGE_SIZE);
	struct cxl_vfio_span span = {
		.start = PFN_PHYS(vma->vm_pgoff & CXL_VFIO_PGOFF_MASK),
	};

	if (!(vma->vm_flags & VM_SHARED) ||
	    !cvd->core.bar_mmap_supported[cvd->region->bar])
		return false;
	if (check_add_overflow(span.start, vma->vm_end - vma->vm_start,
			       &span.end))
		return false;
	return span.end <= PAGE_ALIGN(bar_len(cvd)) &&
	       !cxl_vfio_overlap(span, pages);
}

/**
 * cxl_vfio_bar_mmap - map a part of the BAR with the component registers
 * @cvd: the device
 * @vma: where to
 *
 * Flags and protection are those of vfio_pci_core_mmap(), and the core zaps
 * these mappings with its own.
 *
 * Return: 0, or -EINVAL.
 */
int cxl_vfio_bar_mmap(struct cxl_vfio_device *cvd, struct vm_area_struct *vma)
{
	if (!cxl_vfio_bar_may_map(cvd, vma))
		return -EINVAL;

	vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED | VM_IO | VM_PFNMAP |
			  VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &cxl_vfio_bar_vm_ops;
	vma->vm_private_data = cvd;
	return 0;
}

static int add_sparse_mmap(struct vfio_info_cap *caps,
			   const struct cxl_vfio_span *areas, unsigned int nr)
{
	struct vfio_region_info_cap_sparse_mmap *sparse __free(kfree) =
		kzalloc_flex(*sparse, areas, nr);

	if (!sparse)
		return -ENOMEM;

	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = nr;
	for (unsigned int i = 0; i < nr; i++) {
		sparse->areas[i].offset = areas[i].start;
		sparse->areas[i].size = areas[i].end - areas[i].start;
	}
	return vfio_info_add_capability(caps, &sparse->header,
					struct_size(sparse, areas, nr));
}

/**
 * cxl_vfio_bar_info - describe the BAR with the component registers
 * @cvd: the device
 * @info: what the core says of it
 * @caps: its capabilities
 *
 * Return: 0 or an error.
 */
int cxl_vfio_bar_info(struct cxl_vfio_device *cvd,
		      struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	struct cxl_vfio_span pages = cxl_vfio_span_pages(decoder_span(cvd),
							 PAGE_SIZE);
	struct cxl_vfio_span areas[2];
	unsigned int nr;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;

	nr = cxl_vfio_span_around(info->size, pages, areas);
	if (nr)
		return add_sparse_mmap(caps, areas, nr);

	info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

/**
 * cxl_vfio_bar_init - map the BAR with the component registers
 * @cvd: the device, in probe()
 *
 * Return: 0 or an error.
 */
int cxl_vfio_bar_init(struct cxl_vfio_device *cvd)
{
	struct pci_dev *pdev = cvd->core.pdev;

	cvd->bar_io = devm_ioremap(&pdev->dev,
				   pci_resource_start(pdev, cvd->region->bar),
				   bar_len(cvd));
	return cvd->bar_io ? 0 : -ENOMEM;
}

/**
 * cxl_vfio_bar_open - keep the core from the BAR
 * @cvd: the device, enabled by the core
 *
 * In case that the core got it: then the CXL core does not hold the decoders,
 * which is strange, but no reason to let a user have them.
 */
void cxl_vfio_bar_open(struct cxl_vfio_device *cvd)
{
	struct pci_dev *pdev = cvd->core.pdev;
	int bar = cvd->region->bar;

	if (IS_ERR_OR_NULL(cvd->core.barmap[bar]))
		return;

	pci_iounmap(pdev, cvd->core.barmap[bar]);
	pci_release_selected_regions(pdev, BIT(bar));
	cvd->core.barmap[bar] = IOMEM_ERR_PTR(-EBUSY);
}
