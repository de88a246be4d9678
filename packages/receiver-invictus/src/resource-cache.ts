import { Resource } from '@spanloom/core'

/**
 * Resources by the name of their service, made once. Remembers at most `max` of them: a sender that invents names must
 * not fill the memory.
 */
export function resourceCache(max: number): (serviceName: string) => Resource {
  const resources = new Map<string, Resource>()
  return (serviceName) => {
    const known = resources.get(serviceName)
    if (known !== undefined) return known
    if (resources.size >= max) resources.clear()
    const resource = Resource.of({ 'service.name': serviceName })
    resources.set(serviceName, resource)
    return resource
  }
}
