/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO device by way of its group and a type 1 container, and its regions.
 * Every function that can fail returns a negative errno.
 */
#ifndef VFIO_UTIL_H
#define VFIO_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cxl_vfio.h"

#define CXL_VFIO_DRIVER "cxl-vfio-pci"
/* Its parameter: whether memory is cleared between two users */
#define CLEAR "/sys/module/cxl_vfio_pci/parameters/clear"
#define CXL_REGION_TYPE (VFIO_REGION_TYPE_PCI_VENDOR_TYPE | VFIO_CXL_VENDOR_ID)

/* HDM decoder registers, CXL 3.1 8.2.4.20 */
#define HDM_CAP		0x00
#define   HDM_CAP_COUNT		0x0000000f
#define   HDM_CAP_INTERLEAVE	0x00001b00
#define HDM_GLOBAL	0x04
#define   HDM_GLOBAL_ENABLE	0x00000002
#define HDM_BASE_LOW	0x10
#define HDM_BASE_HIGH	0x14
#define HDM_SIZE_LOW	0x18
#define HDM_SIZE_HIGH	0x1c
#define HDM_CTRL	0x20
#define   HDM_CTRL_INTERLEAVE	0x000000ff
#define   HDM_CTRL_LOCK		0x00000100
#define   HDM_CTRL_COMMIT	0x00000200
#define   HDM_CTRL_COMMITTED	0x00000400
#define   HDM_CTRL_ERROR	0x00000800
#define   HDM_CTRL_HOST_ONLY	0x00001000
#define HDM_LAST	0x2c
#define HDM_DECODER_STRIDE	0x20

struct vfio_dev {
	int container, group, fd;
};

/*
 * Ask for a region of a size (0: none) and bind the device; give both back.
 * CXL_SIZE in the environment overrides the size that the tests ask for.
 */
int cxl_deliver(const char *bdf, uint64_t size);
int cxl_withdraw(const char *bdf);
uint64_t cxl_test_size(void);
/* Behind the back of its driver, as root can by the CXL sysfs */
int vfio_delete_region(const char *bdf);

int vfio_open(struct vfio_dev *dev, const char *bdf);
void vfio_close(struct vfio_dev *dev);

int vfio_info(const struct vfio_dev *dev, struct vfio_device_info *info);

/* An eventfd that the interrupt of this index signals */
int vfio_irq_eventfd(const struct vfio_dev *dev, unsigned int index);

/* With its capabilities; to be freed */
int vfio_region(const struct vfio_dev *dev, unsigned int index,
		struct vfio_region_info **info);
/* Returns how many there are, and the first of them */
int vfio_find_region(const struct vfio_dev *dev, uint32_t type,
		     uint32_t subtype, struct vfio_region_info **info);
const void *vfio_region_cap(const struct vfio_region_info *info, uint16_t id);

/* At an offset in a region; returns what pread() and pwrite() return */
ssize_t vfio_pread(const struct vfio_dev *dev,
		   const struct vfio_region_info *info, void *buf, size_t len,
		   uint64_t offset);
ssize_t vfio_pwrite(const struct vfio_dev *dev,
		    const struct vfio_region_info *info, const void *buf,
		    size_t len, uint64_t offset);
int vfio_read32(const struct vfio_dev *dev, const struct vfio_region_info *info,
		uint64_t offset, uint32_t *value);
int vfio_write32(const struct vfio_dev *dev,
		 const struct vfio_region_info *info, uint64_t offset,
		 uint32_t value);

/* MAP_SHARED, read and write, at an address aligned to 1 GiB; or MAP_FAILED */
void *vfio_mmap(const struct vfio_dev *dev, const struct vfio_region_info *info,
		uint64_t offset, size_t len);

/*
 * Open a device and map the memory of its region whole; where @mem is not NULL,
 * it is the region, to be freed. MAP_FAILED, with errno, and the device closed.
 */
void *vfio_open_memory(struct vfio_dev *dev, const char *bdf,
		       struct vfio_region_info **mem);

/*
 * One access of a byte, for memory that may not be there: false if it raised
 * SIGBUS.
 */
bool byte_load(const volatile uint8_t *p, uint8_t *value);
bool byte_store(volatile uint8_t *p, uint8_t value);

/* PCI configuration space; size is 1, 2 or 4 */
int vfio_config_read(const struct vfio_dev *dev, unsigned int reg,
		     unsigned int size, uint32_t *value);
int vfio_config_write(const struct vfio_dev *dev, unsigned int reg,
		      unsigned int size, uint32_t value);
/* Offset of a capability, of a CXL DVSEC, or 0 */
unsigned int vfio_find_cap(const struct vfio_dev *dev, uint8_t id);
unsigned int vfio_find_dvsec(const struct vfio_dev *dev, uint16_t id);

/*
 * Whether the device itself, read through sysfs past VFIO, has a decoder that
 * is committed with this size. bar and offset: of its HDM decoder registers.
 */
int hw_decoder_committed(const char *bdf, unsigned int bar, uint64_t offset,
			 uint64_t size);

#endif /* VFIO_UTIL_H */
