import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestTransformer,
  type InternalAxiosRequestConfig,
} from 'axios';

/**
 * Makes an axios instance, and every instance created from it, use one adapter only. When a call, an interceptor, a
 * transformation or a changed default names another one or none, `refusal` is used in its place.
 */
export function pinAdapter(
  instance: AxiosInstance,
  adapter: AxiosAdapter,
  refusal: AxiosAdapter,
): AxiosInstance {
  // Axios looks up the adapter right after the last transformation: no code of the application runs in between.
  const pin: AxiosRequestTransformer = function (data: unknown): unknown {
    if (this.adapter !== adapter) this.adapter = refusal;
    return data;
  };
  interceptLast(instance, (config) => {
    const { transformRequest = [] } = config;
    const given = Array.isArray(transformRequest) ? transformRequest : [transformRequest];
    config.transformRequest = [...given.filter((each) => each !== pin), pin];
    return config;
  });
  const create = instance.create.bind(instance);
  instance.create = (config) => pinAdapter(create(config), adapter, refusal);
  return instance;
}

type Interceptor = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;

/**
 * Adds a request interceptor that runs after all others and cannot be ejected. A call decides whether axios runs them in the
 * order of registration or the other way round, so this one stands at both ends.
 */
function interceptLast({ interceptors }: AxiosInstance, fulfilled: Interceptor): void {
  const manager: object = interceptors.request;
  const forEach: unknown = Reflect.get(manager, 'forEach');
  if (typeof forEach !== 'function')
    throw new TypeError('this version of axios keeps its interceptors in a way that is not known');
  // If all were synchronous, axios would skip the rest after one fails, and might send the call all the same.
  const last = { fulfilled, rejected: undefined, synchronous: false, runWhen: null };
  Reflect.set(manager, 'forEach', (visit: (interceptor: unknown) => void): void => {
    visit(last);
    Reflect.apply(forEach, manager, [visit]);
    visit(last);
  });
}
