/*---
connection: warehouse
primary_key: company_id
description: One row per company, with its customers and what they spent.
tags: [crm]
---*/
with paid as (
  select customer_id, sum(amount) as amount
  from orders
  where status = 'paid'
  group by customer_id
),
spent as (
  select c.company_id, count(*) as customers, sum(paid.amount) as revenue
  from customers c
  left join paid on paid.customer_id = c.customer_id
  where c.company_id is not null
  group by c.company_id
)
select
  companies.company_id,
  companies.name,
  companies.domain,
  companies.city,
  companies.country,
  companies.employees,
  coalesce(spent.customers, 0) as customers,
  coalesce(spent.revenue, 0) as revenue
from companies
left join spent on spent.company_id = companies.company_id
