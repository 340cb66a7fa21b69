// SPDX-License-Identifier: GPL-2.0-only
/* What has to hold for one device, in the order in which a delivery asks */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "conf.h"
#include "doctor.h"
#include "request.h"
#include "sysfs.h"

static bool is_delivered(const struct patient *patient)
{
	return !strcmp(patient->state, "committed") ||
	       !strcmp(patient->state, "firmware");
}

struct neighbours {
	const char *bdf;
	char other[32], driver[64];
};

/* A bridge has no driver that VFIO minds; all else has to be unbound or VFIO's */
static int look_at_neighbour(const char *dir, const char *name, void *data)
{
	struct neighbours *neighbours = data;
	char path[SYSFS_PATH], driver[64];
	uint64_t class;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sysfs_read_u64(path, "class", &class);
	sysfs_link(path, "driver", driver, sizeof(driver));
	if (!strcmp(name, neighbours->bdf) || class >> 8 == 0x0604 ||
	    !driver[0] || strstr(driver, "vfio"))
		return 0;
	snprintf(neighbours->other, sizeof(neighbours->other), "%s", name);
	snprintf(neighbours->driver, sizeof(neighbours->driver), "%s", driver);
	return 1;
}

static void check_group(struct patient *patient, struct finding *finding)
{
	struct neighbours neighbours = { patient->dev->bdf };
	char group[32], dir[SYSFS_PATH];

	sysfs_link(patient->dev->path, "iommu_group", group, sizeof(group));
	if (!group[0]) {
		found(finding, FAIL, "the device is in no IOMMU group");
		advise(finding, "switch the IOMMU on (see above)");
		return;
	}
	snprintf(dir, sizeof(dir), "%s/iommu_group/devices",
		 patient->dev->path);
	if (sysfs_each(dir, "", look_at_neighbour, &neighbours) > 0) {
		found(finding, FAIL, "group %s has %s too, which driver %s uses",
		      group, neighbours.other, neighbours.driver);
		advise(finding, "unbind %s, or put the device into a slot whose port has ACS",
		       neighbours.other);
		return;
	}
	found(finding, PASS, "group %s, with no other device in use", group);
}

static void check_dvsec(struct patient *patient, struct finding *finding)
{
	if (patient->dvsec) {
		found(finding, PASS, "CXL Device DVSEC at %#zx",
		      patient->dvsec);
	} else if (patient->config_len <= 256) {
		found(finding, UNKNOWN, "only root sees the configuration space beyond its first bytes");
		advise(finding, "the same with sudo");
	} else {
		found(finding, FAIL, "the device has no CXL Device DVSEC: it is no CXL device, or trained as PCIe");
		advise(finding, "look for CXL in the firmware setup of the slot (bifurcation, CXL mode)");
	}
}

static void check_mem_capable(struct patient *patient, struct finding *finding)
{
	if (!patient->dvsec) {
		found(finding, UNKNOWN, "it is in the DVSEC");
	} else if (patient->capability & CXL_MEM_CAPABLE) {
		found(finding, PASS, "Mem_Capable is set%s",
		      patient->capability & CXL_CACHE_CAPABLE ?
		      ", and Cache_Capable" : "");
	} else {
		found(finding, FAIL, "Mem_Capable is not set in the DVSEC: the device offers no CXL memory");
		advise(finding, "switch the memory on in the device's own configuration or firmware");
	}
}

/* 0x40000000 as people read it; two may be in one sentence */
static const char *size(uint64_t bytes, char buf[AMOUNT_TEXT])
{
	return amount_format(bytes, buf);
}

static void check_window(struct patient *patient, struct finding *finding)
{
	char names[128] = "";
	unsigned int nr = 0;

	for (size_t i = 0; i < patient->windows.nr; i++) {
		const struct window *window = &patient->windows.window[i];
		size_t len = strlen(names);

		if (!window_reaches(window, patient->bridge))
			continue;
		nr++;
		snprintf(names + len, sizeof(names) - len, " %s", window->name);
	}
	if (!sysfs_exists(SYSFS_CXL, "root0")) {
		found(finding, UNKNOWN, "the CXL core knows no root");
		return;
	}
	if (nr) {
		found(finding, PASS, "host bridge %s is a target of%s",
		      patient->bridge, names);
		return;
	}
	found(finding, FAIL, "no fixed memory window has host bridge %s as a target",
	      patient->bridge);
	advise(finding, "the firmware makes the windows (ACPI CEDT): look for CXL memory or hot-plug space in its setup, or use another slot");
}

/* The DVSEC tells the coherence as far as it is known before a bind */
static bool host_only(const struct patient *patient)
{
	return !(patient->capability & CXL_CACHE_CAPABLE);
}

static bool suits(const struct patient *patient, const struct window *window)
{
	return window->ram && !window->locked && window->nr_bridges == 1 &&
	       (host_only(patient) ? window->type3 : window->type2);
}

static void check_type(struct patient *patient, struct finding *finding)
{
	const char *wanted = host_only(patient) ? "host-only (type3)" :
						  "device-coherent (type2)";
	const struct window *other = NULL;

	if (!patient->dvsec) {
		found(finding, UNKNOWN, "what memory the device has is in the DVSEC");
		return;
	}
	for (size_t i = 0; i < patient->windows.nr; i++) {
		const struct window *window = &patient->windows.window[i];

		if (!window_reaches(window, patient->bridge))
			continue;
		if (suits(patient, window)) {
			found(finding, PASS, "%s takes volatile %s memory",
			      window->name, wanted);
			return;
		}
		other = window;
	}
	if (!other) {
		found(finding, UNKNOWN, "there is no window");
		return;
	}
	found(finding, FAIL, "%s %s, and volatile %s memory is needed",
	      other->name, other->nr_bridges > 1 ?
	      "interleaves several host bridges" : other->locked ?
	      "is locked by the firmware" : "does not allow it", wanted);
	advise(finding, "the firmware decides on the windows: look for the CXL settings of its setup");
}

static void check_capacity(struct patient *patient, struct finding *finding)
{
	char most[AMOUNT_TEXT], wanted[AMOUNT_TEXT], source[32];

	device_region_read(patient->dev, "size_max_source", source,
			   sizeof(source));
	if (!patient->state[0]) {
		found(finding, UNKNOWN, "the device has no cxl_region/size_max");
		return;
	}
	if (!patient->size_max) {
		found(finding, UNKNOWN, "the device does not say how much memory it has; the request is the truth");
		return;
	}
	size(patient->size_max, most);
	if (patient->size <= patient->size_max) {
		found(finding, PASS, "%s, known from %s", most, source);
		return;
	}
	found(finding, FAIL, "%s are requested of %s, known from %s",
	      size(patient->size, wanted), most, source);
	advise(finding, "cxl-presize set %s max", patient->dev->bdf);
}

static void check_room(struct patient *patient, struct finding *finding)
{
	char room[AMOUNT_TEXT], wanted[AMOUNT_TEXT];

	if (is_delivered(patient)) {
		found(finding, PASS, "the region is there already");
		return;
	}
	if (!patient->state[0]) {
		found(finding, UNKNOWN, "the device has no cxl_region/available");
		return;
	}
	size(patient->available, room);
	size(patient->size, wanted);
	if (patient->available && patient->available >= patient->size) {
		found(finding, PASS, "a region of up to %s would fit", room);
	} else if (patient->available) {
		found(finding, FAIL, "a region of at most %s would fit, %s are requested",
		      room, wanted);
		advise(finding, "cxl-presize set %s %s, or release what else is in the window (cxl-presize map)",
		       patient->dev->bdf, room);
	} else {
		found(finding, FAIL, "no window of this device has 256M free in one piece");
		advise(finding, "release what else is in the window: cxl-presize map");
	}
}

/* The ports above show their decoders only once there is an endpoint */
static void check_decoder(struct patient *patient, struct finding *finding)
{
	if (is_delivered(patient)) {
		found(finding, PASS, "committed");
	} else if (strstr(patient->sentence, "decoder") &&
		   !strstr(patient->sentence, "window decoder")) {
		found(finding, FAIL, "%s", patient->sentence);
		advise(finding, "release the devices below the same ports that were bound last: cxl-presize list");
	} else {
		found(finding, UNKNOWN, "HDM decoders of the device and the ports above it are looked at by the bind");
	}
}

static void check_driver(struct patient *patient, struct finding *finding)
{
	const char *driver = patient->driver;

	if (!driver[0]) {
		found(finding, PASS, "no driver is bound: cxl-presize bind %s SIZE can begin",
		      patient->dev->bdf);
	} else if (strstr(driver, "vfio")) {
		found(finding, PASS, "%s is bound", driver);
	} else {
		found(finding, FAIL, "driver %s is bound, and keeps the VFIO driver away",
		      driver);
		advise(finding, "cxl-presize bind %s SIZE, which unbinds it first",
		       patient->dev->bdf);
	}
}

static void check_last(struct patient *patient, struct finding *finding)
{
	if (!strcmp(patient->state, "failed")) {
		found(finding, FAIL, "%s", patient->sentence);
		advise(finding, "what failed above, or else the kernel log (dmesg), says what to do; then cxl-presize bind %s again",
		       patient->dev->bdf);
	} else if (!patient->state[0]) {
		found(finding, UNKNOWN, "the device has no cxl_region/state");
	} else {
		found(finding, PASS, "state is %s", patient->state);
	}
}

const struct check device_checks[] = {
	{ "IOMMU group", check_group },
	{ "DVSEC", check_dvsec },
	{ "Mem_Capable", check_mem_capable },
	{ "window", check_window },
	{ "window type", check_type },
	{ "room", check_room },
	{ "decoder", check_decoder },
	{ "capacity", check_capacity },
	{ "driver", check_driver },
	{ "last bind", check_last },
	{ }
};
