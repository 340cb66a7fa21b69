// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: vfio-user BDF SIZE
 *
 * What a VFIO user, such as a virtual machine monitor, sees of a device that
 * is bound to cxl-vfio-pci with a region of SIZE bytes: a line each. Exit
 * status 0 if all is as promised, 1 if not, 2 for a wrong call.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vfio_util.h"

static bool all_well = true;

__attribute__((format(printf, 2, 3)))
static void say(bool ok, const char *format, ...)
{
	va_list args;

	all_well &= ok;
	fputs(ok ? "  ok    " : "  WRONG ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void show_flags(const struct vfio_dev *dev)
{
	struct vfio_device_info info;
	bool ok = !vfio_info(dev, &info);

	say(ok && info.flags & VFIO_DEVICE_FLAGS_CXL,
	    "device flags %#x: %s, %s", info.flags,
	    info.flags & VFIO_DEVICE_FLAGS_PCI ? "PCI" : "not PCI",
	    info.flags & VFIO_DEVICE_FLAGS_CXL ? "CXL" : "not CXL");
}

static struct vfio_region_info *show_region(const struct vfio_dev *dev,
					    uint32_t subtype, const char *name)
{
	struct vfio_region_info *info = NULL;
	int found = vfio_find_region(dev, CXL_REGION_TYPE, subtype, &info);

	if (found < 1) {
		say(false, "no region type %#x subtype %u (%s)",
		    CXL_REGION_TYPE, subtype, name);
		return NULL;
	}
	say(found == 1, "region type %#x subtype %u (%s): index %u, %#" PRIx64
	    " bytes", CXL_REGION_TYPE, subtype, name, info->index,
	    (uint64_t)info->size);
	return info;
}

static void show_place(const struct vfio_region_info *regs)
{
	const struct vfio_region_info_cap_cxl_comp_regs *cap;

	cap = vfio_region_cap(regs, VFIO_REGION_INFO_CAP_CXL_COMP_REGS);
	if (cap)
		say(true, "a guest finds these registers in BAR %u at %#" PRIx64,
		    cap->bar, (uint64_t)cap->offset);
	else
		say(false, "nothing says where a guest finds these registers");
}

static void show_decoder(const struct vfio_dev *dev,
			 const struct vfio_region_info *regs, uint64_t want)
{
	uint32_t cap = 0, ctrl = 0, low = 0, high = 0;
	uint64_t size;
	bool ok;

	ok = !vfio_read32(dev, regs, HDM_CAP, &cap) &&
	     !vfio_read32(dev, regs, HDM_CTRL, &ctrl) &&
	     !vfio_read32(dev, regs, HDM_SIZE_LOW, &low) &&
	     !vfio_read32(dev, regs, HDM_SIZE_HIGH, &high);
	size = (uint64_t)high << 32 | low;

	say(ok && !(cap & HDM_CAP_COUNT), "HDM decoders: %s",
	    cap & HDM_CAP_COUNT ? "more than one" : "one");
	say(ok && ctrl & HDM_CTRL_COMMITTED, "decoder 0 is %scommitted",
	    ctrl & HDM_CTRL_COMMITTED ? "" : "not ");
	say(ok && ctrl & HDM_CTRL_LOCK, "decoder 0 is %slocked",
	    ctrl & HDM_CTRL_LOCK ? "" : "not ");
	say(ok && size == want, "decoder 0 decodes %#" PRIx64 " bytes", size);
}

static void show_memory(const struct vfio_dev *dev,
			const struct vfio_region_info *mem, uint64_t want)
{
	static const char text[] = "memory of a requested size";
	char back[sizeof(text)];
	uint64_t last = mem->size - sizeof(text);
	char *map;

	say(mem->size == want, "memory: %#" PRIx64 " bytes, %#" PRIx64
	    " asked for", (uint64_t)mem->size, want);
	map = vfio_mmap(dev, mem, 0, mem->size);
	if (map == MAP_FAILED) {
		say(false, "the memory cannot be mapped: %m");
		return;
	}
	memcpy(map, text, sizeof(text));
	memcpy(map + last, text, sizeof(text));
	say(!memcmp(map, text, sizeof(text)) &&
	    !memcmp(map + last, text, sizeof(text)),
	    "first and last bytes, written and read back through mmap");
	say(vfio_pread(dev, mem, back, sizeof(back), last) == sizeof(back) &&
	    !memcmp(back, text, sizeof(text)),
	    "the same last bytes, read by pread");
	munmap(map, mem->size);
}

int main(int argc, char **argv)
{
	struct vfio_region_info *mem, *regs;
	struct vfio_dev dev;
	uint64_t size;
	int err;

	size = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
	if (!size) {
		fprintf(stderr, "usage: vfio-user BDF SIZE\n");
		return 2;
	}
	err = vfio_open(&dev, argv[1]);
	if (err) {
		fprintf(stderr, "vfio-user: %s cannot be opened: %s\n", argv[1],
			strerror(-err));
		return 1;
	}

	printf("%s, as a VFIO user sees it\n", argv[1]);
	show_flags(&dev);
	mem = show_region(&dev, VFIO_REGION_SUBTYPE_CXL_MEM, "memory");
	regs = show_region(&dev, VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
			   "decoder registers");
	if (regs) {
		show_place(regs);
		show_decoder(&dev, regs, size);
	}
	if (mem)
		show_memory(&dev, mem, size);

	free(mem);
	free(regs);
	vfio_close(&dev);
	return all_well ? 0 : 1;
}
