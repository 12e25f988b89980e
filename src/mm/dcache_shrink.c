/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reclaim takes back from the name caches, after fs/super.c:super_cache_scan,
 * fs/dcache.c:prune_dcache_sb, fs/inode.c:prune_icache_sb and fs/ext4/extents_status.c. A dentry
 * that goes leaves its inode unused; an inode can go when it has no pages. All lists are of the
 * machine, not of a node; extents are taken in order of their files, used lately or not.
 */
#include <assert.h>

#include "mm/dcache_internal.h"
#include "mm/vm_internal.h"

#define SUPER_BATCH 1024u

void vfs_lru_add(struct super_block *sb, struct vfs_lru *lru, u32 number)
{
	struct vfs_link *link = vfs_link(sb, lru, number);

	assert(!link->on);
	*link = (struct vfs_link){lru->last, VFS_NONE, true};
	if (lru->last == VFS_NONE)
		lru->first = number;
	else
		vfs_link(sb, lru, lru->last)->next = number;
	lru->last = number;
	lru->n++;
}

void vfs_lru_del(struct super_block *sb, struct vfs_lru *lru, u32 number)
{
	struct vfs_link *link = vfs_link(sb, lru, number);

	assert(link->on);
	if (link->prev == VFS_NONE)
		lru->first = link->next;
	else
		vfs_link(sb, lru, link->prev)->next = link->next;
	if (link->next == VFS_NONE)
		lru->last = link->prev;
	else
		vfs_link(sb, lru, link->next)->prev = link->prev;
	link->on = false;
	lru->n--;
}

void vfs_inode_unused(struct super_block *sb, u32 number)
{
	const struct vfs_file *file = &sb->files[number];

	if (file->inode == SLAB_NONE || file->dentry != SLAB_NONE || file->inode_lru.on ||
	    (file->file && file->file->nr_cached))
		return;
	vfs_lru_add(sb, &sb->inode_lru, number);
}

/* Nobody finds the object any more: time may pass. */
static void free_object(struct super_block *sb, struct task_struct *current, enum vfs_cache cache,
			u32 slab)
{
	bool ok = kmem_cache_free(sb->cache[cache], current, slab);

	assert(ok);
	(void)ok;
}

static u32 forget(u32 *object)
{
	u32 slab = *object;

	*object = SLAB_NONE;
	return slab;
}

/* fs/dcache.c:dentry_lru_isolate, shrink_dentry_list */
static u64 prune_dentries(struct super_block *sb, struct task_struct *current, u64 nr)
{
	u64 freed = 0;

	for (; nr && sb->dentry_lru.n; nr--) {
		u32 number = sb->dentry_lru.first;
		struct vfs_file *file = &sb->files[number];

		task_charge(current, CAUSE_RECLAIM, sb->vm->mm->costs.shrink_dentry);
		vfs_lru_del(sb, &sb->dentry_lru, number);
		if (file->flags & DENTRY_REFERENCED) {
			file->flags &= ~DENTRY_REFERENCED;
			vfs_lru_add(sb, &sb->dentry_lru, number);
			continue;
		}
		freed++;
		sb->stats.dentries--;
		sb->stats.dentries_freed++;
		free_object(sb, current, VFS_DENTRY, forget(&file->dentry));
		vfs_inode_unused(sb, number);
	}
	return freed;
}

static void free_extents(struct super_block *sb, struct task_struct *current, u32 number,
			 u64 *freed)
{
	for (u32 i = 0; i < VFS_EXTENTS; i++) {
		if (sb->files[number].extent[i] == SLAB_NONE)
			continue;
		sb->stats.extents--;
		(*freed)++;
		free_object(sb, current, VFS_EXTENT, forget(&sb->files[number].extent[i]));
	}
}

/* fs/inode.c:inode_lru_isolate, evict */
static u64 prune_inodes(struct super_block *sb, struct task_struct *current, u64 nr)
{
	u64 freed = 0, extents = 0;

	for (; nr && sb->inode_lru.n; nr--) {
		u32 number = sb->inode_lru.first;
		struct vfs_file *file = &sb->files[number];
		u32 inode, security, jinode;

		task_charge(current, CAUSE_RECLAIM, sb->vm->mm->costs.shrink_inode);
		vfs_lru_del(sb, &sb->inode_lru, number);
		if (file->flags & INODE_REFERENCED) {
			file->flags &= ~INODE_REFERENCED;
			vfs_lru_add(sb, &sb->inode_lru, number);
			continue;
		}
		/* It got pages meanwhile: back when they are gone. */
		if (file->file && file->file->nr_cached)
			continue;
		freed++;
		sb->stats.inodes--;
		sb->stats.inodes_freed++;
		inode = forget(&file->inode);
		security = forget(&file->security);
		jinode = forget(&file->jinode);
		free_extents(sb, current, number, &extents);
		free_object(sb, current, VFS_SECURITY, security);
		if (jinode != SLAB_NONE)
			free_object(sb, current, VFS_JINODE, jinode);
		free_object(sb, current, VFS_INODE, inode);
	}
	return freed;
}

static struct super_block *shrinker_sb(const struct shrinker *shrinker)
{
	return shrinker->arg;
}

/* include/linux/dcache.h:vfs_pressure_ratio */
static u64 pressure_ratio(const struct super_block *sb, u64 n)
{
	return n * sb->vm->mm->sysctl.vfs_cache_pressure / 100;
}

/* fs/super.c:super_cache_count. All objects are counted on the first node. */
static u64 super_count(struct shrinker *shrinker, struct vm *vm, u32 nid)
{
	const struct super_block *sb = shrinker_sb(shrinker);

	(void)vm;
	return nid ? 0 : pressure_ratio(sb, sb->dentry_lru.n + sb->inode_lru.n);
}

/* fs/super.c:super_cache_scan */
static u64 super_scan(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
		      gfp_t gfp, u32 nid, u64 nr)
{
	struct super_block *sb = shrinker_sb(shrinker);
	u64 dentries = sb->dentry_lru.n, inodes = sb->inode_lru.n, total = dentries + inodes + 1;
	u64 freed;

	(void)vm;
	(void)nid;
	if (!(gfp & __GFP_FS))
		return SHRINK_STOP;
	freed = prune_dentries(sb, current, nr * dentries / total + 1);
	return freed + prune_inodes(sb, current, nr * inodes / total + 1);
}

/* fs/ext4/extents_status.c:ext4_es_count */
static u64 extent_count(struct shrinker *shrinker, struct vm *vm, u32 nid)
{
	(void)vm;
	return nid ? 0 : shrinker_sb(shrinker)->stats.extents;
}

/* fs/ext4/extents_status.c:__es_shrink */
static u64 extent_scan(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
		       gfp_t gfp, u32 nid, u64 nr)
{
	struct super_block *sb = shrinker_sb(shrinker);
	u64 freed = 0;

	(void)vm;
	(void)gfp;
	(void)nid;
	for (u32 seen = 0; freed < nr && sb->stats.extents && seen < sb->nr_files; seen++) {
		u32 number = sb->extent_clock++ % sb->nr_files;

		if (sb->extent_clock >= sb->nr_files)
			sb->extent_clock = 0;
		free_extents(sb, current, number, &freed);
	}
	sb->stats.extents_freed += freed;
	task_charge(current, CAUSE_RECLAIM, freed * sb->vm->mm->costs.shrink_dentry);
	return freed;
}

bool vfs_shrinkers_init(struct super_block *sb)
{
	sb->shrinker = (struct shrinker){
		.name = "super_cache_scan",
		.seeks = DEFAULT_SEEKS,
		.batch = SUPER_BATCH,
		.count_objects = super_count,
		.scan_objects = super_scan,
		.arg = sb,
	};
	sb->extent_shrinker = (struct shrinker){
		.name = "ext4_es_scan",
		.seeks = DEFAULT_SEEKS,
		.batch = SHRINK_BATCH,
		.count_objects = extent_count,
		.scan_objects = extent_scan,
		.arg = sb,
	};
	return shrinker_register(sb->vm, &sb->shrinker) &&
	       shrinker_register(sb->vm, &sb->extent_shrinker);
}
