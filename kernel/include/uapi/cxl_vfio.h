/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What cxl-vfio-pci adds to <linux/vfio.h>
 *
 * The numbers are those of the series "vfio: CXL Type-2 device passthrough"
 * on the kernel's mailing lists. They are provisional until a kernel ratifies
 * them; each definition gives way to <linux/vfio.h> once it is there.
 *
 * A device with VFIO_DEVICE_FLAGS_CXL has exactly one region of each of the
 * subtypes below, with the region type
 *
 *	VFIO_REGION_TYPE_PCI_VENDOR_TYPE | VFIO_CXL_VENDOR_ID
 *
 * Find them by VFIO_REGION_INFO_CAP_TYPE; their indices are not part of the
 * interface.
 */
#ifndef _UAPI_CXL_VFIO_H
#define _UAPI_CXL_VFIO_H

#include <linux/types.h>
#include <linux/vfio.h>

/* VFIO_DEVICE_GET_INFO: the device comes with a committed CXL region */
#ifndef VFIO_DEVICE_FLAGS_CXL
#define VFIO_DEVICE_FLAGS_CXL		0x200	/* 1 << 9 */
#endif

/* The CXL Consortium's vendor id, as in PCI_VENDOR_ID_CXL */
#define VFIO_CXL_VENDOR_ID		0x1e98

/*
 * 1e98 vendor PCI sub-types
 *
 * VFIO_REGION_SUBTYPE_CXL_MEM - the memory
 *
 * Byte 0 is the start of the region's HPA range; the size is that of the
 * range. read(), write() and mmap() with MAP_SHARED are allowed. A mapping is
 * write-back cacheable, and is backed by the largest pages that the alignment
 * of the user's address allows: give it the alignment of the offset, modulo
 * 1 GiB. It is emptied by a reset, by low power and by clearing Memory Space
 * in the command register, and fills again by itself on the next touch.
 * A touch while the memory cannot be reached raises SIGBUS, and read() and
 * write() fail with EIO.
 *
 * VFIO_REGION_SUBTYPE_CXL_COMP_REGS - the HDM decoder capability structure
 *
 * The registers of CXL 3.1 8.2.4.20, from HDM Decoder Capability to the end
 * of decoder 0. One decoder, committed and locked, without interleave. An
 * access is one aligned dword, or fails with EINVAL; a write is accepted and
 * changes nothing. The base is zero unless CAP_SYS_ADMIN opened the device.
 */
#ifndef VFIO_REGION_SUBTYPE_CXL_MEM
#define VFIO_REGION_SUBTYPE_CXL_MEM		(1)
#endif
#ifndef VFIO_REGION_SUBTYPE_CXL_COMP_REGS
#define VFIO_REGION_SUBTYPE_CXL_COMP_REGS	(2)
#endif

/*
 * Capability of a VFIO_REGION_SUBTYPE_CXL_COMP_REGS region: where a guest
 * expects these registers. The same registers answer at that place of the
 * BAR's own region, and the pages they are in cannot be mapped there.
 */
#ifndef VFIO_REGION_INFO_CAP_CXL_COMP_REGS
#define VFIO_REGION_INFO_CAP_CXL_COMP_REGS	6

struct vfio_region_info_cap_cxl_comp_regs {
	struct vfio_info_cap_header header;
	__u32 bar;		/* index of the BAR */
	__u32 reserved;
	__aligned_u64 offset;	/* of the first register in that BAR, bytes */
};
#endif

#endif /* _UAPI_CXL_VFIO_H */
