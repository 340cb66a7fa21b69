// SPDX-License-Identifier: GPL-2.0-only
/* See vfio_util.h */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sysfs_util.h"
#include "vfio_util.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)

int cxl_withdraw(const char *bdf)
{
	int ret = pci_unbind(bdf);

	return ret ? ret : pci_write_u64(bdf, "cxl_region/size", 0);
}

int cxl_deliver(const char *bdf, uint64_t size)
{
	int ret;

	ret = cxl_withdraw(bdf);
	if (!ret && size)
		ret = pci_write_u64(bdf, "cxl_region/size", size);
	return ret ? ret : pci_bind(bdf, CXL_VFIO_DRIVER);
}

/* Any root decoder takes it that the region belongs to */
int vfio_delete_region(const char *bdf)
{
	char name[32];
	char path[512];
	struct dirent *ent;
	int ret;
	DIR *dir;

	ret = pci_link(bdf, "cxl_region/region", name, sizeof(name));
	if (ret < 0)
		return ret;
	ret = -ENOENT;
	dir = opendir("/sys/bus/cxl/devices");
	while (dir && ret && (ent = readdir(dir))) {
		snprintf(path, sizeof(path),
			 "/sys/bus/cxl/devices/%s/delete_region", ent->d_name);
		if (!access(path, W_OK))
			ret = sysfs_write(path, name);
	}
	if (dir)
		closedir(dir);
	return ret;
}

uint64_t cxl_test_size(void)
{
	const char *env = getenv("CXL_SIZE");

	return env ? strtoull(env, NULL, 0) : 256 * MIB;
}

static int set_container(struct vfio_dev *dev, const char *bdf)
{
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) ||
	    ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return dev->fd < 0 ? -errno : 0;
}

int vfio_open(struct vfio_dev *dev, const char *bdf)
{
	char group[32], path[64];
	int ret;

	*dev = (struct vfio_dev){ -1, -1, -1 };
	ret = pci_link(bdf, "iommu_group", group, sizeof(group));
	if (ret < 0)
		return ret;
	snprintf(path, sizeof(path), "/dev/vfio/%s", group);

	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	dev->group = open(path, O_RDWR | O_CLOEXEC);
	if (dev->container < 0 || dev->group < 0)
		ret = -errno;
	else
		ret = set_container(dev, bdf);
	if (ret < 0)
		vfio_close(dev);
	return ret;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vfio_close(struct vfio_dev *dev)
{
	close_one(&dev->fd);
	close_one(&dev->group);
	close_one(&dev->container);
}

int vfio_info(const struct vfio_dev *dev, struct vfio_device_info *info)
{
	*info = (struct vfio_device_info){ .argsz = sizeof(*info) };
	return ioctl(dev->fd, VFIO_DEVICE_GET_INFO, info) ? -errno : 0;
}

int vfio_irq_eventfd(const struct vfio_dev *dev, unsigned int index)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	size_t len = sizeof(struct vfio_irq_set) + sizeof(fd);
	struct vfio_irq_set *set = calloc(1, len);
	int ret;

	set->argsz = len;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->count = 1;
	memcpy(set->data, &fd, sizeof(fd));
	ret = ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return ret ? -errno : fd;
}

int vfio_region(const struct vfio_dev *dev, unsigned int index,
		struct vfio_region_info **out)
{
	struct vfio_region_info head = { .argsz = sizeof(head), .index = index };
	struct vfio_region_info *info;

	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &head))
		return -errno;
	info = calloc(1, head.argsz);
	if (!info)
		return -ENOMEM;
	info->argsz = head.argsz;
	info->index = index;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info)) {
		free(info);
		return -errno;
	}
	*out = info;
	return 0;
}

const void *vfio_region_cap(const struct vfio_region_info *info, uint16_t id)
{
	const struct vfio_info_cap_header *cap;
	uint32_t offset = info->cap_offset;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return NULL;
	for (; offset; offset = cap->next) {
		cap = (const void *)((const char *)info + offset);
		if (cap->id == id)
			return cap;
	}
	return NULL;
}

static bool region_is(const struct vfio_region_info *info, uint32_t type,
		      uint32_t subtype)
{
	const struct vfio_region_info_cap_type *cap;

	cap = vfio_region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	return cap && cap->type == type && cap->subtype == subtype;
}

int vfio_find_region(const struct vfio_dev *dev, uint32_t type,
		     uint32_t subtype, struct vfio_region_info **out)
{
	struct vfio_device_info device;
	struct vfio_region_info *info;
	unsigned int found = 0;
	int ret;

	ret = vfio_info(dev, &device);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < device.num_regions; i++) {
		if (vfio_region(dev, i, &info))
			continue;
		if (region_is(info, type, subtype) && !found++)
			*out = info;
		else
			free(info);
	}
	return found;
}

ssize_t vfio_pread(const struct vfio_dev *dev,
		   const struct vfio_region_info *info, void *buf, size_t len,
		   uint64_t offset)
{
	return pread(dev->fd, buf, len, info->offset + offset);
}

ssize_t vfio_pwrite(const struct vfio_dev *dev,
		    const struct vfio_region_info *info, const void *buf,
		    size_t len, uint64_t offset)
{
	return pwrite(dev->fd, buf, len, info->offset + offset);
}

static int whole(ssize_t done, size_t len)
{
	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

int vfio_read32(const struct vfio_dev *dev, const struct vfio_region_info *info,
		uint64_t offset, uint32_t *value)
{
	uint32_t le = 0;
	int ret;

	ret = whole(vfio_pread(dev, info, &le, sizeof(le), offset), sizeof(le));
	*value = le32toh(le);
	return ret;
}

int vfio_write32(const struct vfio_dev *dev,
		 const struct vfio_region_info *info, uint64_t offset,
		 uint32_t value)
{
	uint32_t le = htole32(value);

	return whole(vfio_pwrite(dev, info, &le, sizeof(le), offset),
		     sizeof(le));
}

/* A place is found by reserving too much, and taken with MAP_FIXED */
void *vfio_mmap(const struct vfio_dev *dev, const struct vfio_region_info *info,
		uint64_t offset, size_t len)
{
	uintptr_t start, aligned, skew = offset % GIB;
	void *area, *map;

	area = mmap(NULL, len + 2 * GIB, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return area;

	start = (uintptr_t)area;
	aligned = (start + GIB - 1) / GIB * GIB + skew;
	map = mmap((void *)aligned, len, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, dev->fd, info->offset + offset);
	if (map == MAP_FAILED) {
		munmap(area, len + 2 * GIB);
		return map;
	}
	munmap(area, aligned - start);
	munmap((void *)(aligned + len), start + 2 * GIB - aligned);
	return map;
}

static void *map_memory(const struct vfio_dev *dev,
			struct vfio_region_info **mem)
{
	struct vfio_region_info *info;
	void *map;

	if (vfio_find_region(dev, CXL_REGION_TYPE, VFIO_REGION_SUBTYPE_CXL_MEM,
			     &info) != 1) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	map = vfio_mmap(dev, info, 0, info->size);
	if (mem && map != MAP_FAILED)
		*mem = info;
	else
		free(info);
	return map;
}

void *vfio_open_memory(struct vfio_dev *dev, const char *bdf,
		       struct vfio_region_info **mem)
{
	int ret = vfio_open(dev, bdf);
	void *map;

	if (ret) {
		errno = -ret;
		return MAP_FAILED;
	}
	map = map_memory(dev, mem);
	if (map == MAP_FAILED)
		vfio_close(dev);
	return map;
}

static sigjmp_buf bus_error;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

/* The access itself is in here for setjmp() to be safe with its caller */
static bool byte_access(const volatile uint8_t *from, volatile uint8_t *to,
			uint8_t *value)
{
	struct sigaction old, new = { .sa_handler = on_sigbus };
	volatile bool ok = false;

	sigaction(SIGBUS, &new, &old);
	if (!sigsetjmp(bus_error, 1)) {
		if (from)
			*value = *from;
		else
			*to = *value;
		ok = true;
	}
	sigaction(SIGBUS, &old, NULL);
	return ok;
}

bool byte_load(const volatile uint8_t *p, uint8_t *value)
{
	return byte_access(p, NULL, value);
}

bool byte_store(volatile uint8_t *p, uint8_t value)
{
	return byte_access(NULL, p, &value);
}

static uint64_t config_offset(unsigned int reg)
{
	return ((uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40) + reg;
}

int vfio_config_read(const struct vfio_dev *dev, unsigned int reg,
		     unsigned int size, uint32_t *value)
{
	uint32_t le = 0;
	int ret;

	ret = whole(pread(dev->fd, &le, size, config_offset(reg)), size);
	*value = le32toh(le);
	return ret;
}

int vfio_config_write(const struct vfio_dev *dev, unsigned int reg,
		      unsigned int size, uint32_t value)
{
	uint32_t le = htole32(value);

	return whole(pwrite(dev->fd, &le, size, config_offset(reg)), size);
}

unsigned int vfio_find_cap(const struct vfio_dev *dev, uint8_t id)
{
	uint32_t pos, cap;

	if (vfio_config_read(dev, PCI_CAPABILITY_LIST, 1, &pos))
		return 0;
	for (int n = 0; pos && n < 48; n++) {
		if (vfio_config_read(dev, pos, 2, &cap))
			return 0;
		if ((cap & 0xff) == id)
			return pos;
		pos = cap >> 8;
	}
	return 0;
}

static bool dvsec_is(const struct vfio_dev *dev, unsigned int pos, uint16_t id)
{
	uint32_t head1, head2;

	return !vfio_config_read(dev, pos + PCI_DVSEC_HEADER1, 4, &head1) &&
	       !vfio_config_read(dev, pos + PCI_DVSEC_HEADER2, 2, &head2) &&
	       (head1 & 0xffff) == VFIO_CXL_VENDOR_ID && head2 == id;
}

unsigned int vfio_find_dvsec(const struct vfio_dev *dev, uint16_t id)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE;
	uint32_t head;

	for (int n = 0; pos && n < 480; n++) {
		if (vfio_config_read(dev, pos, 4, &head) || !head)
			return 0;
		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_DVSEC &&
		    dvsec_is(dev, pos, id))
			return pos;
		pos = PCI_EXT_CAP_NEXT(head);
	}
	return 0;
}

static bool is_committed(const volatile uint32_t *decoder, uint64_t size)
{
	uint64_t low = le32toh(decoder[HDM_SIZE_LOW / 4]);
	uint64_t high = le32toh(decoder[HDM_SIZE_HIGH / 4]);

	return (high << 32 | low) == size &&
	       le32toh(decoder[HDM_CTRL / 4]) & HDM_CTRL_COMMITTED;
}

/* Decoder Count: 0 is 1, 1 to 8 is twice, 9 to 12 is 20 to 32 */
static unsigned int decoder_count(uint32_t cap)
{
	unsigned int n = cap & HDM_CAP_COUNT;

	if (!n)
		return 1;
	return n <= 8 ? 2 * n : 4 * (n - 4);
}

static bool any_committed(const volatile uint32_t *block, uint64_t size)
{
	unsigned int n = decoder_count(le32toh(block[HDM_CAP / 4]));

	for (unsigned int i = 0; i < n; i++)
		if (is_committed(block + i * HDM_DECODER_STRIDE / 4, size))
			return true;
	return false;
}

int hw_decoder_committed(const char *bdf, unsigned int bar, uint64_t offset,
			 uint64_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), len = offset + 32 * page;
	char path[PATH_MAX];
	off_t bar_size;
	void *map;
	int fd, ret;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/resource%u", bdf,
		 bar);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	bar_size = lseek(fd, 0, SEEK_END);
	if ((off_t)len > bar_size)
		len = bar_size;
	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	ret = map == MAP_FAILED ? -errno : 0;
	close(fd);
	if (ret)
		return ret;
	ret = any_committed((void *)((char *)map + offset), size);
	munmap(map, len);
	return ret;
}
