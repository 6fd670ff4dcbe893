import { z } from 'zod';

const text = z.string().nullish();

/** A kubeconfig, as far as logging in needs it. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export const KubeconfigFile = z.object({
  'current-context': text,
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z
          .object({
            server: text,
            'certificate-authority': text,
            'certificate-authority-data': text,
            'insecure-skip-tls-verify': z.boolean().nullish(),
            'tls-server-name': text,
            'proxy-url': text,
          })
          .nullish(),
      }),
    )
    .nullish(),
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: text, user: text, namespace: text }).nullish() }))
    .nullish(),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z
          .object({
            token: text,
            tokenFile: text,
            'client-certificate': text,
            'client-certificate-data': text,
            'client-key': text,
            'client-key-data': text,
            username: text,
            password: text,
            'auth-provider': z.unknown().optional(),
            exec: z
              .object({
                apiVersion: text,
                command: z.string(),
                args: z.array(z.string()).nullish(),
                env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
              })
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});
export type KubeconfigFile = z.infer<typeof KubeconfigFile>;

/** What a plugin prints. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export const ExecCredential = z.object({
  status: z.object({ token: text, clientCertificateData: text, clientKeyData: text }).nullish(),
});

/** An answer that is an error. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export const Status = z.object({
  kind: z.literal('Status'),
  message: text,
  reason: text,
  code: z.number().nullish(),
  metadata: z.object({ continue: text }).nullish(),
});
export type Status = z.infer<typeof Status>;

/** The end of a page. */
export const ListEnd = z.object({ metadata: z.object({ continue: text, remainingItemCount: z.number().nullish() }).nullish() });
